package strace

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/record/html"
	"github.com/utrace/utrace/strace/decode"
)

// htmlForm writes --html.
type htmlForm struct {
	speller
	file   *os.File
	report html.Report
}

func newHTML(l *Log, file *os.File) output {
	f := &htmlForm{speller: newSpeller(l), file: file}
	f.report.Title = strings.Join(l.opts.Command, " ")
	return f
}

func (f *htmlForm) attach(t *Tracee, at time.Time) { f.report.Thread(t.PID, t.TID, t.Name) }
func (f *htmlForm) entry(t *Tracee, at time.Time)  { f.enter(t) }

func (f *htmlForm) exit(t *Tracee, at time.Time, _ time.Duration, status StatusSet) {
	x, arguments, result := f.leave(t, status)
	if x == nil {
		return
	}
	c := html.Call{TID: t.TID, Name: x.name, Arguments: arguments, Result: result, Start: t.entered, Duration: t.took}
	if status == Failed {
		c.Failed, c.Error = true, decode.ErrnoName(int(t.Call.Result))
	}
	f.report.Call(c)
	if x.name == "execve" && status == Successful {
		f.report.Thread(t.PID, t.TID, t.Name)
		f.report.Mark(t.TID, at, "exec", arguments)
	}
}

func (f *htmlForm) signal(t *Tracee, sig int, _ []byte, at time.Time) {
	f.report.Mark(t.TID, at, "signal", SignalName(sig))
}

func (f *htmlForm) stop(t *Tracee, sig int, at time.Time) {
	f.report.Mark(t.TID, at, "signal", "stopped by "+SignalName(sig))
}

func (f *htmlForm) exec(leader, t *Tracee, at time.Time) {
	f.report.Mark(t.TID, at, "exec", "takes the place of "+itoa(leader.TID))
	f.forget(leader)
}

func (f *htmlForm) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	f.report.Mark(t.TID, at, "exit", ended(status))
	f.forget(t)
}

func (f *htmlForm) detach(t *Tracee, at time.Time) {
	f.report.Mark(t.TID, at, "exit", "detached")
	f.forget(t)
}

func (f *htmlForm) close() error {
	buf := bufio.NewWriter(f.file)
	return errorsOf(f.report.Write(buf), buf.Flush(), f.file.Close())
}

func (f *htmlForm) fileName() string { return f.file.Name() }
