package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// callTracer traces the system calls of one thread.
type callTracer struct {
	line    *timeline
	shown   *syscalls.Set
	decoder *decode.Decoder
	call    decode.Call
	text    []byte
	showing bool
}

func newCallTracer(line *timeline, shown *syscalls.Set) *callTracer {
	return &callTracer{line: line, shown: shown, decoder: decode.New(decode.Options{})}
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (c *callTracer) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) (none utrace.SyscallAnswer) {
	abi := syscalls.ByAuditArch(s.Arch())
	c.showing = abi != nil && c.shown.Contains(abi, s.Number())
	if !c.showing {
		return
	}
	c.call.ABI, c.call.Nr, c.call.Args = abi, s.Number(), s.Args()
	c.call.TID, c.call.Mem = r.Thread().ID(), r
	c.text = c.decoder.Entry(c.text[:0], &c.call)
	switch abi.CallName(s.Number()) {
	case "exit_group": // does not return
		c.line.add(calls, r.Thread().Group(), r.Thread().ID(), string(c.text)+")")
	case "wait4", "waitid": // will take its time
		c.line.add(calls, r.Thread().Group(), r.Thread().ID(), string(c.text)+" ...")
	}
	return
}

// ReportSyscallExit implements utrace.SyscallExitReporter.
func (c *callTracer) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	if !c.showing || !s.Paired() {
		return utrace.Resume
	}
	c.showing = false
	c.call.Mem = r
	c.call.Result, c.call.IsError = s.Result(), s.Failed()
	if s.Failed() {
		c.call.Result = int64(s.Errno())
	}
	c.text = c.decoder.Exit(c.text, &c.call)
	c.text = c.decoder.Result(append(c.text, " = "...), &c.call)
	c.line.add(calls, r.Thread().Group(), r.Thread().ID(), string(c.text))
	return utrace.Resume
}

// signalLogger tells of signals and of ends.
type signalLogger struct{ line *timeline }

// ReportSignal implements utrace.SignalReporter.
func (l *signalLogger) ReportSignal(r *utrace.Report, s *utrace.Signal) (none utrace.SignalAnswer) {
	info, err := s.Info()
	if err != nil || s.Pass() != utrace.Dequeued {
		return
	}
	name := strace.SignalName(s.Number())
	switch code := strace.SignalCodeName(s.Number(), info.Code()); {
	case info.Code() <= 0:
		name += fmt.Sprintf(" from %d", info.PID())
	case code != "":
		name += " " + code
	}
	l.line.add(signals, r.Thread().Group(), r.Thread().ID(), fmt.Sprintf("%s: the program's choice is %v", name, s.Choice()))
	return
}

// ReportDeath implements utrace.DeathReporter.
func (l *signalLogger) ReportDeath(r *utrace.Report, d *utrace.Death) utrace.Action {
	what := "thread ended"
	if d.GroupDead {
		what = "process " + d.Status.String()
	}
	l.line.add(signals, r.Thread().Group(), r.Thread().ID(), what)
	return utrace.Resume
}

// showCrash shows a process that is held, from outside: it stands still, and
// everything in /proc can be read at leisure.
func showCrash(line *timeline, c *hold.Crash) {
	t := c.Engine.Thread()
	say := func(text string) { line.add(crashes, t.Group(), t.ID(), text) }
	say(fmt.Sprintf("held alive: about to die of %s", strace.SignalName(c.Signal.Signo())))
	if x, err := c.Engine.Examine(context.Background()); err == nil {
		if abi, err := x.ABI(); err == nil {
			gpr := make([]byte, abi.GeneralSize())
			if _, err := x.ReadRegset(ntPRStatus, gpr); err == nil && x.Close() == nil {
				say(fmt.Sprintf("pc %#x, sp %#x", abi.PC(gpr), abi.SP(gpr)))
			}
		}
	}
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.Group())); err == nil {
		for l := range strings.Lines(string(text)) {
			if name, value, _ := strings.Cut(strings.TrimSpace(l), ":\t"); name == "State" {
				say("state " + value)
			}
		}
	}
	time.Sleep(pauseAtCrash)
	say("let go: it dies as it would have")
	c.Release()
}

// ntPRStatus is the note type of the general registers (elf.h).
const ntPRStatus = 1
