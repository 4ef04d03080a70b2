package strace

import (
	"bufio"
	"os"
	"syscall"
	"time"

	"github.com/utrace/utrace/record/perfetto"
)

// perfettoForm writes --perfetto.
type perfettoForm struct {
	speller
	file *os.File
	buf  *bufio.Writer
	w    *perfetto.Writer
}

func newPerfetto(l *Log, file *os.File) output {
	buf := bufio.NewWriter(file)
	return &perfettoForm{speller: newSpeller(l), file: file, buf: buf, w: perfetto.NewWriter(buf)}
}

func (f *perfettoForm) failed(err error) { f.log.outputFailed(f.file.Name(), err) }

func (f *perfettoForm) attach(t *Tracee, at time.Time) {
	f.failed(f.w.Thread(t.PID, t.TID, t.Name))
}

func (f *perfettoForm) entry(t *Tracee, at time.Time) {
	x := f.enter(t)
	f.failed(f.w.Begin(t.TID, at, "syscall", x.name))
}

func (f *perfettoForm) exit(t *Tracee, at time.Time, _ time.Duration, status StatusSet) {
	x, arguments, result := f.leave(t, status)
	if x == nil {
		return
	}
	f.failed(f.w.End(t.TID, at, perfetto.Arg{Name: "arguments", Text: arguments}, perfetto.Arg{Name: "result", Text: result}))
	if x.name == "execve" && status == Successful {
		f.failed(f.w.Thread(t.PID, t.TID, t.Name))
		f.failed(f.w.Instant(t.TID, at, "exec", "exec "+arguments))
	}
}

func (f *perfettoForm) signal(t *Tracee, sig int, info []byte, at time.Time) {
	text := ""
	if info != nil {
		text = string(f.dec.Siginfo(nil, kernelInfo(t.TID), info))
	}
	f.failed(f.w.Instant(t.TID, at, "signal", SignalName(sig), perfetto.Arg{Name: "siginfo", Text: text}))
}

func (f *perfettoForm) stop(t *Tracee, sig int, at time.Time) {
	f.failed(f.w.Instant(t.TID, at, "signal", "stopped by "+SignalName(sig)))
}

func (f *perfettoForm) exec(leader, t *Tracee, at time.Time) {
	f.failed(f.w.Instant(t.TID, at, "exec", "takes the place of "+itoa(leader.TID)))
	// Its execve goes on under the leader's id, which has another track.
	if x := f.calls[t]; x != nil {
		f.failed(f.w.End(t.TID, at))
		f.failed(f.w.Begin(leader.TID, at, "syscall", x.name))
	}
	f.forget(leader)
}

func (f *perfettoForm) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	f.failed(f.w.Instant(t.TID, at, "exit", ended(status)))
	f.forget(t)
}

func (f *perfettoForm) detach(t *Tracee, at time.Time) {
	f.failed(f.w.Instant(t.TID, at, "exit", "detached"))
	f.forget(t)
}

func (f *perfettoForm) close() error { return errorsOf(f.buf.Flush(), f.file.Close()) }

func (f *perfettoForm) fileName() string { return f.file.Name() }
