package utrace

import (
	"bytes"
	"slices"

	"github.com/utrace/utrace/tracehook"
)

// TrapKind says what an engine's trap was.
type TrapKind = tracehook.Trap

// The kinds of traps.
const (
	TrapStep       = tracehook.TrapStep
	TrapBlock      = tracehook.TrapBlock
	TrapHandler    = tracehook.TrapHandler
	TrapBreakpoint = tracehook.TrapBreakpoint
	TrapHardware   = tracehook.TrapHardware
)

// Trap describes a trap that tracing caused. The signal that the kernel made of
// it is taken away from the program.
type Trap struct {
	thread *Thread
	// Kind is what happened.
	Kind TrapKind
	// Addr is the address of the breakpoint. The program counter is there.
	Addr uint64
	// Own: the engine that is being called caused it.
	Own bool
}

// Matched reports whether a watch is among those that made the trap. Several can
// match at once, also together with a step: then the Kind is that of the step
// for who has stepped, and TrapHardware for others.
func (x *Trap) Matched(w Watch) bool {
	return slices.ContainsFunc(x.thread.watching.hits, func(hit *watch) bool { return hit.Watch == w })
}

// Requesters calls f for every engine that caused the trap.
func (x *Trap) Requesters(f func(*Engine)) {
	x.thread.everyone(func(e *Engine) {
		if x.causedBy(e) {
			f(e)
		}
	})
}

// causedBy reports whether e asked for the step, or owns the breakpoint or a
// watch that has matched.
func (x *Trap) causedBy(e *Engine) bool { return x.madeBy(e) || x.matchedFor(e) }

// matchedFor reports whether e owns a watch that has matched.
func (x *Trap) matchedFor(e *Engine) bool {
	return slices.ContainsFunc(x.thread.watching.hits, func(hit *watch) bool {
		return slices.Contains(hit.owners, e.watchOwner())
	})
}

// madeBy reports whether e caused what the Kind says.
func (x *Trap) madeBy(e *Engine) bool {
	switch x.Kind {
	case TrapBreakpoint:
		return x.thread.space != nil && x.thread.space.owns(e, x.Addr)
	case TrapHardware:
		return x.matchedFor(e)
	}
	return e.stepper
}

// trapped reports a trap to those who caused it. It returns false if nobody
// did: then the program itself executed a breakpoint instruction or has set
// the trap flag, and gets its signal.
func (t *Thread) trapped(ev *tracehook.Event) bool {
	x, hits := &t.trap, &t.watching.hits
	x.Kind, x.Addr = ev.Trap, ev.Addr
	if x.Kind != TrapBreakpoint {
		t.takeHits(ev)
		if t.watching.awaitsAccess() {
			t.renewSteps()
			return true
		}
		defer func() { *hits = (*hits)[:0] }()
	}
	switch x.Kind {
	case TrapBreakpoint:
		t.mayHit = false
		if t.space == nil {
			return false
		}
		if !t.space.planted(x.Addr) {
			if t.hitFormer(x.Addr) {
				t.core.fault(t, t.setPC(x.Addr))
				return true
			}
			return false
		}
		t.core.fault(t, t.setPC(x.Addr))
		t.core.fault(t, t.passWatch(x.Addr))
		t.stepOff = x.Addr
		if t.again == x.Addr {
			return true
		}
	case TrapHardware:
		if len(*hits) == 0 {
			return t.watching.matters() // of somebody who has gone
		}
		t.renewSteps()
	case tracehook.NoTrap: // the program's own, but a debug register matched as well
		if len(*hits) == 0 {
			return false
		}
		x.Kind = TrapHardware
	default:
		if t.lifted() { // the step off a breakpoint that nobody asked for
			if len(*hits) == 0 {
				return true
			}
			x.Kind = TrapHardware
		}
	}
	t.beginPass(EventTrap)
	for _, e := range t.engines {
		t.visitTrap(e)
	}
	t.endPass()
	return ev.Trap != tracehook.NoTrap
}

// renewSteps has the steps go on that a debug register cut short: the
// instruction has not been executed yet, or the branch not come. Whoever is
// told of the match decides anew.
func (t *Thread) renewSteps() {
	t.everyone(func(e *Engine) {
		if e.stepper {
			e.wish = SingleStep
		}
	})
}

// hitFormer reports whether the thread ran into a trap of ours that was removed
// meanwhile: what is there now is no breakpoint instruction.
func (t *Thread) hitFormer(addr uint64) bool {
	if _, ok := t.space.former[addr]; !ok {
		return false
	}
	insn := t.task.ABI().BreakpointInsn()
	now := make([]byte, len(insn))
	_, err := t.task.ReadMemory(addr, now)
	return err == nil && !bytes.Equal(now, insn)
}

// mayStandBehindTrap reports whether the signal of a former trap may be waiting
// for the thread, which would kill it once nobody takes the signal away.
func (t *Thread) mayStandBehindTrap() bool {
	if !t.mayHit || t.space == nil || !t.nearUser() {
		return false
	}
	t.mayHit = false
	pc, err := t.pc()
	if err != nil {
		return false
	}
	_, ok := t.space.former[t.task.ABI().BreakpointPC(pc)]
	return ok
}

// visitTrap calls one engine about a trap: the owner, and those who want to
// see the traps of others.
func (t *Thread) visitTrap(e *Engine) {
	x := &t.trap
	own := x.causedBy(e)
	if kind := x.Kind; own && !x.madeBy(e) {
		x.Kind = TrapHardware
		defer func() { x.Kind = kind }()
	}
	bit := EventForeignTrap
	if own {
		bit = EventTrap
	}
	inHandler := own && x.Kind == TrapHandler && e.stopInHandler
	if inHandler {
		e.held, e.stopInHandler = true, false
	}
	mask := Events(e.mask.Load())
	asSignal := own && e.cb.Signal != nil && mask&bit == 0 && mask&(EventSignalAll|EventQuiesce) != 0
	if mask&(bit|EventQuiesce) == 0 && !asSignal {
		return
	}
	r := t.enter(e)
	if r == nil {
		return
	}
	if mask&EventQuiesce != 0 && e.cb.Quiesce != nil && !asSignal {
		t.note(e, e.cb.Quiesce(r, EventTrap))
	}
	switch {
	case e.gone.Load():
	case Events(e.mask.Load())&bit != 0 && e.cb.Trap != nil:
		x.Own = own
		t.note(e, e.cb.Trap(r, x))
	case asSignal:
		// An engine without a trap callback sees its trap as the signal that
		// it would be without us.
		pass := Dequeued
		if x.Kind == TrapHandler {
			pass = HandlerStarted
		}
		a := e.cb.Signal(r, &Signal{thread: t, number: t.signal.number, pass: pass, class: EventSignalCore, do: Ignore})
		t.note(e, a.Action)
	}
	t.leave()
}
