package utrace

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// Syscall is the system call that a thread is in, as the engine that is being
// called sees it: with the changes of the engines between it and user mode,
// without those of the engines behind it.
type Syscall struct {
	thread *Thread
	info   tracehook.SyscallInfo
	// edits are the changes of this call, in order of making.
	edits []edit
	// by is the engine that is being called.
	by        *Engine
	entry     bool
	restarted bool
	resumed   bool
	aborted   bool
	// heldHere: the thread was held at this entry, which may repeat the pass.
	heldHere bool
	changed  bool // number or arguments
	result   bool // result

	// Scratch of other reports that happen inside a call.
	child, former int
	data          uint32
	clone         Clone
}

// edit remembers number and arguments before an engine changed them.
type edit struct {
	by   *Engine
	nr   uint64
	args [6]uint64
}

// Arch is the AUDIT_ARCH value of the ABI that the call came through.
func (s *Syscall) Arch() uint32 { return s.info.Arch }

// Number is the system call's number.
func (s *Syscall) Number() uint64 { return s.info.Nr }

// Args are the arguments.
func (s *Syscall) Args() [6]uint64 { return s.info.Args }

// Arg is one argument.
func (s *Syscall) Arg(i int) uint64 { return s.info.Args[i] }

// PC and SP are the program counter and the stack pointer.
func (s *Syscall) PC() uint64 { return s.info.PC }

// SP is the stack pointer.
func (s *Syscall) SP() uint64 { return s.info.SP }

// Restarted: the call had begun earlier and goes on after an interruption, or
// was in progress when system calls began to be reported.
func (s *Syscall) Restarted() bool { return s.restarted }

// Resumed: the entry was reported before. The thread was held there since, and
// others may have changed the call.
func (s *Syscall) Resumed() bool { return s.resumed }

// Aborted reports whether the call will not be (or was not) made.
func (s *Syscall) Aborted() bool { return s.aborted }

// Paired is true at an exit whose entry was reported: only then are number and
// arguments known.
func (s *Syscall) Paired() bool { return s.info.Paired }

// Result is the raw result at an exit: -errno if Failed.
func (s *Syscall) Result() int64 { return s.info.Result }

// Failed reports whether the call failed, by the kernel's judgement.
func (s *Syscall) Failed() bool { return s.info.Failed }

// Errno is the error of a failed call, else 0.
func (s *Syscall) Errno() syscall.Errno {
	if !s.info.Failed {
		return 0
	}
	return syscall.Errno(-s.info.Result)
}

// SetNumber has another system call made. At an entry only.
func (s *Syscall) SetNumber(nr uint64) {
	s.remember()
	s.info.Nr = nr
}

// SetArg replaces an argument. At an entry only.
func (s *Syscall) SetArg(i int, v uint64) {
	s.remember()
	s.info.Args[i] = v
}

// SetResult replaces the result at an exit, or says what an aborted call
// returns: -errno for a failure.
func (s *Syscall) SetResult(v int64) {
	s.info.Result = v
	s.info.Failed = v < 0 && v >= -4095
	s.result = true
}

func (s *Syscall) remember() {
	s.changed = true
	if s.by != nil {
		s.edits = append(s.edits, edit{s.by, s.info.Nr, s.info.Args})
	}
}

// forget ends the call.
func (s *Syscall) forget() {
	clear(s.edits)
	s.edits = s.edits[:0]
	s.by, s.changed, s.result, s.aborted, s.heldHere, s.resumed = nil, false, false, false, false, false
}

// view is number and arguments as engine e's layer has them: without what
// engines have changed that are further from user mode than e.
func (s *Syscall) view(e *Engine) (nr uint64, args [6]uint64) {
	for i := range s.edits {
		if x := &s.edits[i]; x.by.before(e) {
			return x.nr, x.args
		}
	}
	return s.info.Nr, s.info.Args
}

// enterCall makes the entry pass.
func (t *Thread) enterCall(ev *tracehook.Event) {
	s := &t.call
	s.forget()
	s.info = ev.Syscall
	s.entry, s.restarted = true, ev.Restarted
	t.walk(EventSyscallEntry, reportEntry)
	s.by = nil
}

// repeatEntry makes the entry pass again, after a hold.
func (t *Thread) repeatEntry() {
	s := &t.call
	s.heldHere, s.resumed = false, true
	t.everyone(func(e *Engine) { e.wish = Resume })
	t.walk(EventSyscallEntry, reportEntry)
	s.by = nil
}

func reportEntry(e *Engine, r *Report) Action {
	if e.cb.SyscallEntry == nil {
		return Resume
	}
	s := &r.thread.call
	s.by = e
	a := e.cb.SyscallEntry(r, s)
	switch a.Call {
	case RunCall:
		s.aborted = false
	case AbortCall:
		s.aborted = true
	}
	return a.Action
}

// leaveCall makes the exit pass.
func (t *Thread) leaveCall(ev *tracehook.Event) {
	s := &t.call
	s.info.Result, s.info.Failed, s.info.Paired = ev.Syscall.Result, ev.Syscall.Failed, ev.Syscall.Paired
	s.info.PC, s.info.SP, s.info.Arch = ev.Syscall.PC, ev.Syscall.SP, ev.Syscall.Arch
	if len(s.edits) == 0 {
		s.info.Nr, s.info.Args = ev.Syscall.Nr, ev.Syscall.Args
	}
	s.entry, s.result, s.changed = false, false, false
	t.walk(EventSyscallExit, reportReturn)
}

// judged reports the verdict of a filter. The call has been entered, maybe
// without a report.
func (t *Thread) judged(ev *tracehook.Event) {
	t.call.info, t.call.data = ev.Syscall, ev.Data
	t.walk(EventVerdict, reportVerdict)
}

func reportVerdict(e *Engine, r *Report) Action {
	if e.cb.Verdict == nil {
		return Resume
	}
	s := &r.thread.call
	return e.cb.Verdict(r, s, s.data)
}

func reportReturn(e *Engine, r *Report) Action {
	if e.cb.SyscallExit == nil {
		return Resume
	}
	s := &r.thread.call
	if len(s.edits) == 0 {
		return e.cb.SyscallExit(r, s)
	}
	nr, args := s.info.Nr, s.info.Args
	s.info.Nr, s.info.Args = s.view(e)
	a := e.cb.SyscallExit(r, s)
	s.info.Nr, s.info.Args = nr, args
	return a
}

// applyCall carries the decisions about a system call out, before the thread
// goes on.
func (t *Thread) applyCall() {
	s := &t.call
	switch t.at {
	case tracehook.SyscallEntry:
		if s.aborted {
			result := -int64(syscall.ENOSYS)
			if s.result {
				result = s.info.Result
			}
			t.core.fault(t, t.task.SkipSyscall(result))
		} else if s.changed {
			t.core.fault(t, t.task.SetSyscall(s.info.Nr, s.info.Args))
		}
		s.changed, s.result, s.heldHere, s.resumed = false, false, false, false
	case tracehook.SyscallExit:
		if s.result {
			t.core.fault(t, t.task.SetResult(s.info.Result))
		}
		s.forget()
	}
}
