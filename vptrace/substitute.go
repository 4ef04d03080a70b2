package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/notify"
)

// Some calls only the caller can make, but not in the way in which it asks: the
// kernel would refuse, because of what we have changed about it. We have the
// caller make others in its place. The answer to a notification cannot say so; an
// engine can: it breaks the waiting call off, which the kernel then makes anew
// (ERESTARTSYS), and changes number and arguments at that entry.

// substitution is the handler of such an engine.
type substitution struct {
	s      *Server
	engine *utrace.Engine
	call   notify.Call // as it was made
	next   nextCall
	made   substitute
	// turn counts the calls that were made. more: the last was not the last one.
	turn int
	more bool
	// making: the thread is in one.
	making bool
}

// nextCall says what to call; from the second turn on it is told what the call
// before has returned. ok false ends the original call with the value.
type nextCall func(r *utrace.Report, turn int, result int64) (x substitute, ok bool)

// substitute is a call to make, or the result of the original one. itself: what comes now
// is the original one.
type substitute struct {
	number uint64
	args   [6]uint64
	value  int64
	itself bool
}

// nearKernel is the layer of engines that change calls behind the back of others,
// which see them as the program has made them.
const nearKernel = -1

// substitute has the caller make other calls in the place of the one that waits
// for an answer, as next says. If the thread cannot be had, or a handler of a signal
// comes first, nothing has happened, and the call is made, and notified, again.
func (s *Server) substitute(call notify.Call, next nextCall) {
	x := &substitution{s: s, call: call, next: next}
	tid := int(call.TID)
	e, err := s.core.Attach(background, tid, x, utrace.WithName("other calls"), utrace.WithLayer(nearKernel),
		utrace.WithEvents(utrace.EventQuiesce), utrace.WithRelease(func() {
			if s.substitutions[tid] == x {
				delete(s.substitutions, tid)
			}
		}))
	if err != nil {
		return // killed; or nobody may trace it, and it waits until it is
	}
	x.engine = e
	s.substitutions[tid] = x
	if e.Direct(utrace.ReportSoon) != nil {
		_ = e.Detach()
	}
}

// ReportQuiesce comes when the call has been broken off.
func (x *substitution) ReportQuiesce(r *utrace.Report, cause utrace.Events) utrace.Action {
	switch cause {
	case 0:
	case utrace.EventExit, utrace.EventDeath:
		return utrace.Detach
	default: // an event, of the broken call for who sees that; what was asked for follows
		return utrace.Resume
	}
	if err := x.engine.SetEvents(utrace.EventSyscallEntry | utrace.EventSyscallExit); err != nil {
		return utrace.Detach
	}
	return utrace.Resume
}

// ReportSyscallEntry puts the other call in the place of the one that is made again.
func (x *substitution) ReportSyscallEntry(r *utrace.Report, c *utrace.Syscall) utrace.SyscallAnswer {
	again := c.PC() == x.call.PC && uint32(c.Number()) == uint32(x.call.Number) && c.Args() == x.call.Args
	if !again || c.Resumed() {
		return utrace.SyscallAnswer{Action: utrace.Detach}
	}
	if x.turn == 0 {
		var ok bool
		if x.made, ok = x.next(r, 0, 0); !ok {
			c.SetResult(x.made.value)
			return utrace.SyscallAnswer{Action: utrace.Detach, Call: utrace.AbortCall}
		}
	}
	if x.made.itself {
		return utrace.SyscallAnswer{Action: utrace.Detach}
	}
	x.turn++
	c.SetNumber(x.made.number)
	for i, v := range x.made.args {
		c.SetArg(i, v)
	}
	x.making = true
	return utrace.SyscallAnswer{}
}

// ReportSyscallExit gives the program back what it has had in its registers, and
// the result.
func (x *substitution) ReportSyscallExit(r *utrace.Report, c *utrace.Syscall) utrace.Action {
	x.making = false
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if err != nil {
		return utrace.Detach
	}
	abi.SetSyscallNumber(gpr, uint64(x.call.Number))
	for i, v := range x.call.Args {
		abi.SetArg(gpr, i, v)
	}
	result := c.Result()
	if isRestart(result) { // for a signal, and from the beginning
		_ = r.WriteRegset(ntPRStatus, gpr)
		return utrace.Detach
	}
	if x.made, x.more = x.next(r, x.turn, result); x.more {
		abi.Restart(gpr)
		_ = r.WriteRegset(ntPRStatus, gpr)
		return utrace.Resume
	}
	_ = r.WriteRegset(ntPRStatus, gpr)
	c.SetResult(x.made.value)
	return utrace.Detach
}

// hides reports whether an exit is one that the program does not come to: its call is
// made again for a substitution, and has not been broken off as far as it can tell.
func (s *Server) hides(tid int, result int64) bool {
	x := s.substitutions[tid]
	return x != nil && (x.more || x.turn == 0 && isRestart(result))
}

// isRestart: ERESTARTSYS to ERESTART_RESTARTBLOCK of include/linux/errno.h.
func isRestart(result int64) bool { return -516 <= result && result <= -512 }
