package strace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/utrace/utrace/record"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tool"
)

// Replay is the whole command that prints a recording: the options of strace
// that concern output, and the name of the file.
func Replay(env *tool.Env, program, version string, args []string) Outcome {
	stdout, stderr := env.Stdout, env.Stderr
	opts, err := ParseReplayOptions(args)
	if err != nil {
		return refuse(program, err, stderr)
	}
	switch {
	case opts.Help:
		fmt.Fprint(stdout, ReplayUsage(program))
		return Outcome{}
	case opts.Version:
		fmt.Fprint(stdout, VersionText(program, version))
		return Outcome{}
	}
	for _, w := range opts.Warnings {
		fmt.Fprintf(stderr, "%s: %s\n", program, w)
	}
	if err := replay(env, opts, opts.Command[0]); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", program, err)
		return Outcome{Code: ExitUsage}
	}
	return Outcome{}
}

// refuse says what is wrong with the options.
func refuse(program string, err error, stderr io.Writer) Outcome {
	var usage *UsageError
	if errors.As(err, &usage) {
		fmt.Fprint(stderr, usage.Text(program))
	} else {
		fmt.Fprintf(stderr, "%s: %v\n", program, err)
	}
	return Outcome{Code: ExitUsage}
}

func replay(env *tool.Env, opts *Options, name string) error {
	file, err := env.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", name, inWords{cause(err)})
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", name, inWords{cause(err)})
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w (it is no file)", name, errNotARecording)
	}
	recording, err := record.Open(file, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w (%v)", name, errNotARecording, err)
	}
	p := player{threads: make(map[int]*Tracee)}
	p.prepare(opts, recording)
	p.log = &Log{env: env, called: "strace", opts: opts, failed: make(chan struct{}), replayed: true}
	if opts.DecodeFDs != 0 {
		p.log.resolve = p.resolve
	}
	if opts.DecodePIDs&PIDComm != 0 {
		p.log.names = p.describe
	}
	if err := p.log.open(); err != nil {
		return err
	}
	p.log.paths.Resolve(p.path)
	interrupted := make(chan os.Signal, 1)
	env.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM)
	defer env.Forget(interrupted)
	err = p.play(recording, interrupted)
	if closed := p.log.Close(); err == nil {
		err = closed
	}
	switch {
	case err == nil && info.Size() == 0:
		p.log.Notice("%s is empty: its writer was killed before it had written anything", name)
	case err == nil && recording.Lost > 0:
		p.log.Notice("%s ends in the middle, since its writer was killed or the disk was full: the last %d bytes cannot be read", name, recording.Lost)
	}
	return err
}

// player feeds a log from a recording.
type player struct {
	log     *Log
	threads map[int]*Tracee
	ev      *record.Event
}

// prepare sets the options that the recording tells.
func (p *player) prepare(opts *Options, recording *record.File) {
	opts.Command = nil
	for ev := range recording.Events() {
		if ev != nil && ev.Kind == record.Begin {
			opts.Command = ev.Command
			opts.Follow = opts.Follow || slices.Contains(ev.Options, "-f")
			// Of longer strings there is no more.
			if i := slices.Index(ev.Options, "-s"); i >= 0 && i+1 < len(ev.Options) {
				if limit, ok := natural(ev.Options[i+1]); ok {
					opts.StringLimit = min(opts.StringLimit, limit)
				}
			}
		}
		break
	}
}

// play goes through the events.
func (p *player) play(recording *record.File, interrupted <-chan os.Signal) (err error) {
	for ev, bad := range recording.Events() {
		if bad != nil {
			err = bad // and go on with what is whole
			continue
		}
		p.ev = ev
		p.event(ev)
		select {
		case <-interrupted:
			return err
		case <-p.log.Failed():
			return p.log.Err()
		default:
		}
	}
	return err
}

// thread returns the thread of the event. One whose beginning is not in the
// recording begins with it.
func (p *player) thread(ev *record.Event) *Tracee {
	t := p.threads[ev.TID]
	if t == nil {
		origin := Followed
		pid := ev.TID
		if ev.Kind == record.Attach {
			origin, pid = Origin(min(ev.Origin, int(Attached))), ev.PID
		}
		var err error
		if t, err = p.log.Attach(ev.TID, pid, origin, ev.Time); err != nil {
			p.log.Notice("%v", err)
			return nil
		}
		p.threads[ev.TID] = t
	}
	return t
}

func (p *player) event(ev *record.Event) {
	if ev.Kind == record.Begin {
		return
	}
	t := p.thread(ev)
	if t == nil {
		return
	}
	switch ev.Kind {
	case record.Entry:
		c := &t.Call
		if c.ABI = syscalls.ABIByName(ev.ABI); c.ABI == nil {
			return
		}
		c.Nr, c.Args, c.SP, c.Mem, t.IP = ev.Nr, ev.Args, ev.SP, p, ev.PC
		p.log.SyscallEntry(t, ev.Time)
	case record.Exit:
		p.exit(t, ev)
	case record.Signal:
		p.log.Signal(t, ev.Signal, ev.Info, ev.Time)
	case record.Stop:
		p.log.GroupStop(t, ev.Signal, ev.Time)
	case record.Exec:
		if leader := p.threads[ev.Other]; leader != nil {
			p.log.ThreadExec(leader, t, ev.Time)
		}
		delete(p.threads, ev.TID)
		p.threads[ev.Other] = t
	case record.Death:
		p.log.Death(t, syscall.WaitStatus(ev.Status), ev.Time)
		delete(p.threads, ev.TID)
	case record.Detach:
		p.log.Detach(t, ev.Time)
		delete(p.threads, ev.TID)
	case record.Name:
		t.Name = ev.Text
	}
}

func (p *player) exit(t *Tracee, ev *record.Event) {
	t.Call.Mem, t.Call.Result, t.Call.IsError, t.Fault, t.took = p, ev.Result, ev.Failed, Fault(ev.Fault), ev.Took
	switch ev.Outcome {
	case record.Returned:
		p.log.SyscallExit(t, ev.Time, ev.System)
	case record.Unavailable:
		p.log.SyscallUnavailable(t, ev.Time)
	default:
		p.log.Dying(t, ev.Time)
	}
}

// ReadMemory implements decode.Memory with what the event has.
func (p *player) ReadMemory(addr uint64, buf []byte) (n int, err error) {
	for n < len(buf) {
		piece := p.piece(addr + uint64(n))
		if piece == nil {
			return n, syscall.EFAULT
		}
		n += copy(buf[n:], piece)
	}
	return n, nil
}

// piece finds recorded bytes that begin at addr; the longest, as the decoder may
// have read some of them more than once.
func (p *player) piece(addr uint64) (longest []byte) {
	for _, m := range p.ev.Memory {
		if at := addr - m.Addr; at < uint64(len(m.Data)) && len(m.Data[at:]) > len(longest) {
			longest = m.Data[at:]
		}
	}
	return longest
}

// resolve describes a descriptor as it was described then.
func (p *player) resolve(buf []byte, _ int, fd int32) []byte {
	for _, x := range p.ev.FDs {
		if x.Number == fd {
			return append(buf, x.Text...)
		}
	}
	return buf
}

// describe appends what a traced process called itself then.
func (p *player) describe(buf []byte, _ int, id int32) []byte {
	if t := p.threads[int(id)]; t != nil && t.Name != "" {
		buf = append(append(append(buf, '<'), t.Name...), '>')
	}
	return buf
}

// path is the file that a descriptor was open on, for -P.
func (p *player) path(_ int, fd int32) (string, bool) {
	text, found := strings.CutPrefix(string(p.resolve(nil, 0, fd)), "<")
	text, _, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "<") // the device of -yy
	return text, found
}
