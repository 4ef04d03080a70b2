package utrace

import (
	"bytes"

	"github.com/utrace/utrace/tracehook"
)

// Stepping off a planted trap on a detour: the thread executes a copy of the
// instruction in a slot, and the trap stays where it is.

// slot is a piece of the program's memory that a copy is in, or was.
type slot struct {
	patch
	home   uint64 // of the instruction
	code   []byte // the instruction that the plan was made of
	detour Detour
	// users are threads that may be in it: they went in and have not been
	// heard of since.
	users int
}

// room is memory for slots. They are a cache: a trap has one from when it is
// first hit until somebody else needs it.
type room struct {
	start uint64
	size  int
	slots []*slot
	hand  int // where the search for one that can be reused goes on
}

// away is where a thread is that was sent on a detour.
type away struct {
	slot *slot // nil: at home
	step bool
	trip Trip
}

// insnBytes is more than the longest instruction of the machines that have a
// Stepper.
const insnBytes = 16

// findDetour returns the slot for the instruction under the trap that the
// thread stands on. Nil: it has to be executed at home.
func (t *Thread) findDetour(p *plant) *slot {
	stepper := t.core.options.Stepper
	if stepper == nil || p.barred || t.at == tracehook.Signal && t.signal.deliver != 0 {
		// The handler's frame would have the slot's address.
		return nil
	}
	if x := p.slot; x != nil {
		if x.current(t, p) {
			return x
		}
		p.slot, x.home = nil, 0
	}
	code := t.core.code[:insnBytes]
	n, _ := t.readMemory(p.addr, code)
	code = code[:n]
	x := t.space.room(t, p.addr).reserve(t)
	if x == nil {
		return nil // all are in use: the next time there may be more luck
	}
	if !x.prepare(t, p.addr, code) {
		p.barred = true
		return nil
	}
	p.slot = x
	return x
}

// current reports whether the instruction under the trap is the one that the slot
// was made for. The bytes under the trap itself cannot change unnoticed, but a
// program may change those behind it.
func (x *slot) current(t *Thread, p *plant) bool {
	under := min(len(p.original), len(x.code))
	if !bytes.Equal(p.original[:under], x.code[:under]) {
		return false
	}
	rest := x.code[under:]
	if len(rest) == 0 {
		return true
	}
	now := t.core.code[:len(rest)]
	n, _ := t.readMemory(p.addr+uint64(under), now)
	return bytes.Equal(now[:n], rest)
}

// prepare makes the slot one for the instruction that code begins with, at home.
func (x *slot) prepare(t *Thread, home uint64, code []byte) bool {
	code = bytes.Clone(code) // fill needs the scratch space
	detour, err := t.core.options.Stepper.Plan(t.bare(), code, home, x.addr)
	if err != nil || !x.fill(t, detour.Code()) {
		return false
	}
	x.home, x.detour, x.code = home, detour, code[:min(detour.Len(), len(code))]
	return true
}

// bare is the report of the thread for who is not an engine.
func (t *Thread) bare() *Report {
	t.report.thread, t.report.engine = t, nil
	return &t.report
}

// room is the one for the instruction at addr.
func (s *Space) room(t *Thread, addr uint64) *room {
	start, size := t.core.options.Stepper.Room(t.bare(), addr)
	for _, r := range s.rooms {
		if r.start == start {
			return r
		}
	}
	r := &room{start: start, size: size}
	s.rooms = append(s.rooms, r)
	return r
}

// reserve finds a slot that no thread is in: one that no trap has, if possible.
func (r *room) reserve(t *Thread) *slot {
	size := t.core.options.Stepper.SlotSize()
	if n := len(r.slots); (n+1)*size <= r.size {
		x := &slot{patch: patch{addr: r.start + uint64(n*size), original: make([]byte, size)}}
		r.slots = append(r.slots, x)
		return x
	}
	var found *slot
	for range r.slots {
		r.hand = (r.hand + 1) % len(r.slots)
		x := r.slots[r.hand]
		if x.users == 0 && (found == nil || x.home == 0 && found.home != 0) {
			found = x
		}
	}
	if found == nil {
		return nil
	}
	if p := t.space.traps[found.home]; p != nil && p.slot == found {
		p.slot = nil
	}
	found.home = 0
	return found
}

// fill puts code into the slot. It reports whether the memory was what it should
// have been, and could be written.
func (x *slot) fill(t *Thread, code []byte) bool {
	now := t.core.code[:len(x.original)]
	n, _ := t.task.ReadMemory(x.addr, now)
	if n != len(now) || !bytes.Equal(now, x.original) && !bytes.Equal(now, x.planted) {
		return false
	}
	if n, _ := t.task.WriteMemory(x.addr, code); n != len(code) {
		return false
	}
	x.planted = bytes.Clone(code)
	return true
}

// enter sends the thread into a slot and returns the mode to resume it in.
func (x *slot) enter(t *Thread, mode tracehook.Mode) tracehook.Mode {
	a := &t.away
	// Signals that wait for the end of the instruction come behind a step: a thread that
	// ran on could be back at the trap before anything else is heard of it.
	a.step = mode != tracehook.Run || !x.detour.Free() || len(t.postponed) != 0
	gpr, err := t.general()
	if err == nil {
		err = x.detour.Enter(gpr, &a.trip, a.step)
	}
	if err == nil {
		err = t.task.WriteRegset(notePRStatus, gpr)
	}
	if err != nil {
		t.core.fault(t, err) // killed: it runs no more
		return mode
	}
	a.slot = x
	x.users++
	if !a.step {
		return mode
	}
	if x.detour.Calls() {
		t.keepCalls, t.dirty = true, true
	}
	return tracehook.Step
}

// comeHome ends a detour, at the first stop since it began. done: the
// instruction was executed.
func (t *Thread) comeHome(ev *tracehook.Event) (done bool) {
	a := &t.away
	x := a.slot
	a.slot = nil
	x.users--
	gpr, err := t.general()
	if err != nil {
		return true // dead, or another program
	}
	done, changed, err := x.detour.Leave(t.bare(), gpr, &a.trip, a.step)
	t.core.fault(t, err)
	if !changed {
		return done // it was home already
	}
	t.core.fault(t, t.task.WriteRegset(notePRStatus, gpr))
	switch ev.Kind {
	case tracehook.SyscallEntry:
		ev.Syscall.PC = x.detour.Home(ev.Syscall.PC)
	case tracehook.Signal:
		x.translate(t, ev)
	}
	return done
}

// translate makes a signal that the instruction has caused name its home.
func (x *slot) translate(t *Thread, ev *tracehook.Event) {
	if ev.Trap == tracehook.TrapBreakpoint && x.covers(ev.Addr) {
		// The instruction itself is one, and no trap of ours.
		ev.Trap, ev.Addr = tracehook.NoTrap, 0
	}
	var info Siginfo
	if !synchronous(ev.Signal) || t.task.Siginfo(&info) != nil || info.Code() <= 0 {
		return
	}
	if home := x.detour.Home(info.Addr()); home != info.Addr() {
		info.SetAddr(home)
		t.core.fault(t, t.task.SetSiginfo(&info))
	}
}

// covers reports whether an address is in the slot.
func (x *slot) covers(addr uint64) bool { return addr-x.addr < uint64(len(x.original)) }

// clean makes zeros of the slots again when no trap needs them any more. Threads
// that may be in one are asked to come by.
func (s *Space) clean() {
	t := s.stopped()
	s.everySlot(func(x *slot) {
		if t != nil && x.planted != nil && x.users == 0 {
			s.core.fault(t, x.undo(t))
			x.planted, x.home = nil, 0
		}
	})
	for u := range s.threads {
		if u.state == running && (u.away.slot != nil || t == nil) {
			u.interrupt()
		}
	}
}

// everySlot calls f for every slot there ever was.
func (s *Space) everySlot(f func(*slot)) {
	for _, r := range s.rooms {
		for _, x := range r.slots {
			f(x)
		}
	}
}

// hasSlots reports whether a slot is not clean.
func (s *Space) hasSlots() (used bool) {
	s.everySlot(func(x *slot) { used = used || x.planted != nil })
	return used
}
