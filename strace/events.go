package strace

import (
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// Attach begins the log of a thread.
func (l *Log) Attach(tid, pid int, origin Origin, at time.Time) (*Tracee, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &Tracee{TID: tid, PID: pid, Origin: origin, ch: l.main}
	t.Call.TID = tid
	if l.opts.Separate && l.opts.Output != "" {
		s, err := l.openThreadOutput(tid)
		if err != nil {
			return nil, err
		}
		t.ch = &channel{sink: s}
		l.files = append(l.files, s)
	}
	l.live++
	l.traced = true
	l.name(t)
	l.format.attach(t, at)
	return t, nil
}

// attachedNotice says that a thread other than the command is being traced.
func (l *Log) attachedNotice(t *Tracee) {
	if t.Origin != Launched && l.opts.Quiet&QuietAttach == 0 {
		l.notice("Process " + itoa(t.TID) + " attached")
	}
}

// Wants reports whether a call is in the set to be traced. An engine that
// would have to do work to fill in t.Call may ask first, and leave out both
// halves of a call that is not wanted.
func (l *Log) Wants(abi *syscalls.ABI, nr uint64) bool {
	return l.opts.Trace.Reaches(abi, nr)
}

// wants reports whether a call passes all filters that are known at its entry.
func (l *Log) wants(c *decode.Call) bool {
	return l.opts.Trace.Contains(c.ABI.ForNumber(c.Nr), c.Nr) && l.paths.Match(c)
}

// SyscallEntry logs that the thread enters the call in t.Call. The thread must
// be stopped: its memory is read.
func (l *Log) SyscallEntry(t *Tracee, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &t.Call
	c.Demultiplex()
	t.inCall, t.shown, t.complete, t.entered = true, false, false, at
	abi := c.ABI.ForNumber(c.Nr)
	if abi != t.abi {
		l.personality(t, abi)
	}
	if !l.wants(c) {
		return
	}
	t.shown = true
	l.format.entry(t, at)
}

// personality says that a thread calls the kernel in another way than before.
func (l *Log) personality(t *Tracee, abi *syscalls.ABI) {
	native := syscalls.Native()
	first := t.abi == nil
	t.abi = abi
	if first && len(native) > 0 && abi == native[0] || l.opts.Quiet&QuietPersonality != 0 || l.opts.JSON {
		return
	}
	l.message("[ Process PID=" + itoa(t.TID) + " runs in " + modeName(abi) + " mode. ]")
}

// SyscallExit logs that the call in t.Call returned. cpu is how much processor
// time the thread spent in it, for the summary. The thread must be stopped.
func (l *Log) SyscallExit(t *Tracee, at time.Time, cpu time.Duration) {
	status := Successful
	if t.Call.IsError {
		status = Failed
	}
	l.end(t, at, cpu, status)
}

// SyscallUnavailable logs a call that returned with a result that could not be
// read.
func (l *Log) SyscallUnavailable(t *Tracee, at time.Time) { l.end(t, at, 0, Unavailable) }

// Dying logs that a thread will not return from its call, because it is about
// to end. Death implies it; to call it when the thread begins to end gives
// the order of strace.
func (l *Log) Dying(t *Tracee, at time.Time) { l.end(t, at, 0, Unfinished) }

func (l *Log) end(t *Tracee, at time.Time, cpu time.Duration, status StatusSet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked(t, at, cpu, status)
}

func (l *Log) endLocked(t *Tracee, at time.Time, cpu time.Duration, status StatusSet) {
	if !t.inCall {
		return
	}
	t.inCall = false
	if status == Successful && renames[t.Call.ABI.CallName(t.Call.Nr)] {
		l.name(t)
	}
	if !t.shown {
		return
	}
	if !l.replayed {
		t.took = max(0, at.Sub(t.entered))
	}
	if l.opts.Summary.Enabled && status&(Successful|Failed) != 0 {
		d := cpu
		if l.opts.Summary.Wall {
			d = t.took
		}
		l.summary.Add(t.Call.ABI, t.Call.Nr, status == Failed, max(0, d))
	}
	l.format.exit(t, at, cpu, status)
	if status != Unfinished {
		t.Stack = nil
	}
}

// renames are the calls that give a thread another name.
var renames = map[string]bool{"execve": true, "execveat": true, "prctl": true}

// name finds out what a thread calls itself, if anybody wants to know.
func (l *Log) name(t *Tracee) {
	if len(l.outputs) == 0 && l.names == nil && l.told == nil || l.replayed {
		return
	}
	if stat, err := procfs.ReadStat(t.TID); err == nil {
		t.Name = stat.Name
	}
}

// Signal logs that a signal is being delivered to the thread. info is its
// siginfo_t, or nil if it could not be read.
func (l *Log) Signal(t *Tracee, sig int, info []byte, at time.Time) {
	if !l.opts.Signals.Contains(sig) {
		return
	}
	if len(info) < SiginfoSize {
		info = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.format.signal(t, sig, info, at)
	t.Stack = nil
}

// GroupStop logs that job control stopped the thread.
func (l *Log) GroupStop(t *Tracee, sig int, at time.Time) {
	if !l.opts.Signals.Contains(sig) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.format.stop(t, sig, at)
}

// ThreadExec logs that t, which was not the leader of its process, called
// execve: all other threads are gone and t goes on with the leader's id
// (ptrace(2), "execve(2) under ptrace"). leader is no longer of use.
func (l *Log) ThreadExec(leader, t *Tracee, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if leader.ch != nil {
		l.endLocked(leader, at, 0, Unfinished)
		l.live--
	}
	l.format.exec(leader, t, at)
	if t.ch != l.main && leader.ch != nil && t.ch != leader.ch {
		l.release(t)
		t.ch = leader.ch
	}
	t.TID, t.Call.TID, t.Origin = leader.TID, leader.TID, leader.Origin
	leader.ch = nil
}

// Death logs the end of a thread.
func (l *Log) Death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.ch == nil {
		return
	}
	l.remember(t, status)
	l.endLocked(t, at, 0, Unfinished)
	l.format.death(t, status, at)
	l.live--
	l.release(t)
	t.ch = nil
}

// Detach logs that the thread goes on without being traced.
func (l *Log) Detach(t *Tracee, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.ch == nil {
		return
	}
	l.endLocked(t, at, 0, Detached)
	l.format.detach(t, at)
	if l.opts.Quiet&QuietAttach == 0 && !l.opts.JSON {
		l.notice("Process " + itoa(t.TID) + " detached")
	}
	l.live--
	l.release(t)
	t.ch = nil
}

// release closes the file of a thread that has its own.
func (l *Log) release(t *Tracee) {
	if t.ch == l.main {
		if l.main.open == t {
			l.interrupt(l.main)
		}
		return
	}
	l.unsaved = without(l.unsaved, t.ch.sink)
	l.files = without(l.files, t.ch.sink)
	if t.ch.finish() != nil {
		l.fail(t.ch.sink)
	}
}

func without(sinks []*sink, s *sink) []*sink {
	for i := range sinks {
		if sinks[i] == s {
			sinks[i] = sinks[len(sinks)-1]
			return sinks[:len(sinks)-1]
		}
	}
	return sinks
}
