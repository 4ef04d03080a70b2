package strace

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Outputs are files in other forms than lines. With any of them, and neither -o
// nor --json, no lines are printed.
type Outputs struct {
	Record   string // --record: a recording
	Perfetto string // --perfetto: a trace for the Perfetto UI
	Pprof    string // --pprof: a profile for go tool pprof
	HTML     string // --html: a report
	Seccomp  string // --seccomp-profile: a container's profile that allows what was called

	// Ring keeps a recording of about so many bytes in memory, which is written to
	// Record when the command crashes or fails, or when asked (--flight-recorder).
	Ring int
}

func (o Outputs) any() bool { return o.Record+o.Perfetto+o.Pprof+o.HTML+o.Seccomp != "" }

// output is a formatter that has a file.
type output interface {
	formatter
	// close writes the rest. The log's lock is held.
	close() error
	fileName() string
}

// openOutputs opens the files of Outputs and has the log write to them too.
func (l *Log) openOutputs() error {
	o := l.opts.Outputs
	for _, x := range []struct {
		name string
		make func(*Log, *os.File) output
	}{
		{o.Record, newRecorder},
		{o.Perfetto, newPerfetto},
		{o.Pprof, newPprof},
		{o.HTML, newHTML},
		{o.Seccomp, newSeccompProfile},
	} {
		if x.name == "" {
			continue
		}
		flags := os.O_RDWR | os.O_CREATE | os.O_TRUNC
		if x.name == o.Record && l.opts.Append {
			flags = os.O_RDWR | os.O_CREATE
		}
		file, err := l.env.OpenFile(x.name, flags, 0o666)
		if err != nil {
			return fmt.Errorf("Can't fopen '%s': %w", x.name, inWords{err})
		}
		out := x.make(l, file)
		l.outputs = append(l.outputs, out)
		l.format = both{l.format, out}
	}
	return nil
}

// both writes in two forms.
type both struct{ a, b formatter }

func (f both) attach(t *Tracee, at time.Time) { f.a.attach(t, at); f.b.attach(t, at) }
func (f both) entry(t *Tracee, at time.Time)  { f.a.entry(t, at); f.b.entry(t, at) }
func (f both) exit(t *Tracee, at time.Time, cpu time.Duration, status StatusSet) {
	f.a.exit(t, at, cpu, status)
	f.b.exit(t, at, cpu, status)
}
func (f both) signal(t *Tracee, sig int, info []byte, at time.Time) {
	f.a.signal(t, sig, info, at)
	f.b.signal(t, sig, info, at)
}
func (f both) stop(t *Tracee, sig int, at time.Time) { f.a.stop(t, sig, at); f.b.stop(t, sig, at) }
func (f both) exec(leader, t *Tracee, at time.Time) {
	f.a.exec(leader, t, at)
	f.b.exec(leader, t, at)
}
func (f both) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	f.a.death(t, status, at)
	f.b.death(t, status, at)
}
func (f both) detach(t *Tracee, at time.Time) { f.a.detach(t, at); f.b.detach(t, at) }

// outputFailed remembers and tells the first error of a file.
func (l *Log) outputFailed(name string, err error) {
	if err == nil || l.err != nil {
		return
	}
	l.err = fmt.Errorf("%s: %s: the trace is incomplete", name, reason(cause(err)))
	close(l.failed)
	l.notice(l.err.Error())
}

// dumpRecorder has the flight recorder written now.
func (l *Log) dumpRecorder(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range l.outputs {
		if r, ok := out.(*recorder); ok && r.ring != nil {
			r.dump(why)
		}
	}
}

// size reads a number of bytes with an optional unit: 64k, 16M, 1G.
func size(text string) (n int, ok bool) {
	shift := 0
	if i := strings.IndexAny(text, "kKmMgG"); i > 0 && i == len(text)-1 {
		shift = map[byte]int{'k': 10, 'm': 20, 'g': 30}[text[i]|0x20]
		text = text[:i]
	}
	n, ok = natural(text)
	return n << shift, ok && n > 0 && n < 1<<(40-shift)
}

// finishOutputs checks the options about files in other forms.
func (p *parser) finishOutputs() error {
	o := &p.Outputs
	if o.Ring != 0 && o.Record == "" {
		return usageError("--flight-recorder must be given with --record=FILE")
	}
	names := map[string]bool{"": true}
	for _, name := range []string{o.Record, o.Perfetto, o.Pprof, o.HTML, o.Seccomp, p.Output} {
		if name != "" && names[name] {
			return usageError("two outputs are to be written to '%s'", name)
		}
		names[name] = true
	}
	return nil
}

var errNotARecording = errors.New("not a recording of utrace strace --record")
