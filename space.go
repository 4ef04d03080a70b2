package utrace

import (
	"context"
	"fmt"
	"slices"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Space is one address space: what all threads of a process share, and a vfork
// child with its parent. It keeps the registry of planted traps, which tells
// whose a breakpoint is, and overlays the original bytes on every access to
// memory that goes through the core. While a trap is planted, every thread of
// the space stays attached, so that none can die of it; a forked child's copy
// is cleaned before the child runs.
//
// It is owned by the loop.
type Space struct {
	core    *Core
	threads map[*Thread]struct{}
	traps   map[uint64]*plant
	// lifter is the thread for which a trap is or shall be lifted, so that it
	// can step off; no other thread of the space runs meanwhile.
	lifter *Thread
	lifted *plant
	// stale: threads that wait have to be settled again; settling: they are.
	stale, settling bool
	// orphaned: there may be a trap that nobody owns any more.
	orphaned bool
	// former are the addresses of traps that are gone. A thread may have run
	// into one before, which nobody has heard of yet.
	former map[uint64]struct{}
	// watches are what debug registers wait for. armedc is closed when all
	// threads do; WaitWatches makes it.
	watches []*watch
	armedc  chan struct{}
	// rooms have the slots in which threads step off traps.
	rooms []*room
}

// plant is one breakpoint instruction in memory.
type plant struct {
	patch
	process int // that the journal has it under
	owners  []any
	// slot is where the instruction under it can be executed; nil: not known.
	// barred: it can be at home only.
	slot   *slot
	barred bool
}

// owner is what a trap belongs to: the engine, or all engines of its party or
// group.
func (e *Engine) owner() any {
	switch {
	case e.party != nil:
		return e.party
	case e.group != nil:
		return e.group
	}
	return e
}

// hasParty reports whether an engine of a party is in the address space.
func (s *Space) hasParty(party any) bool {
	found := false
	for t := range s.threads {
		t.everyone(func(e *Engine) { found = found || e.party == party && !e.gone.Load() })
	}
	return found
}

// joinSpace puts a thread into the address space of its process.
func (t *Thread) joinSpace() {
	s := t.core.spaces[t.Group()]
	if s == nil {
		s = &Space{core: t.core, threads: make(map[*Thread]struct{}, 1)}
		t.core.spaces[t.Group()] = s
	}
	t.space = s
	s.threads[t] = struct{}{}
}

// inheritSpace gives a newborn its address space: its parent's, or a copy in
// which nothing is planted.
func (t *Thread) inheritSpace(parent *Thread, flags uint64) {
	if flags&tracehook.CloneVM != 0 {
		t.leaveSpace()
		t.space = parent.space
		t.space.threads[t] = struct{}{}
		t.core.spaces[t.Group()] = t.space
		return
	}
	for _, p := range parent.space.traps {
		if p != parent.space.lifted {
			t.core.fault(t, p.undo(t))
		}
	}
	parent.space.everySlot(func(x *slot) {
		if x.planted != nil {
			t.core.fault(t, x.undo(t))
		}
	})
}

// leaveSpace takes a thread out of its address space, at its end or at exec.
func (t *Thread) leaveSpace() {
	s := t.space
	if s == nil {
		return
	}
	t.space, t.stepOff, t.callFrom = nil, 0, 0
	t.postponed, t.putOff = nil, 0
	if x := t.away.slot; x != nil {
		t.away.slot = nil
		x.users--
	}
	delete(s.threads, t)
	if s.lifter == t {
		s.lifter, s.stale = nil, true
		s.replant(s.stopped())
	}
	t.everyone(s.dropOwner)
	s.divide(t)
	t.forgetWatches()
	s.tellArmed()
	if !s.hasProcess(t.Group()) {
		s.forgetProcess(t.Group())
	}
	if !s.hasTraps() && s.hasSlots() {
		s.clean()
	}
	if s.hasTraps() || s.stale {
		s.settleAll() // the lifter may have waited for this thread
	}
}

// hasProcess reports whether a thread of a process is in the space.
func (s *Space) hasProcess(group int) bool {
	for x := range s.threads {
		if x.Group() == group {
			return true
		}
	}
	return false
}

// forgetProcess tells the journal that a process is not in the space any more:
// what it has instead must not be "restored". A vfork parent remains.
func (s *Space) forgetProcess(group int) {
	if s.core.spaces[group] == s {
		delete(s.core.spaces, group)
	}
	for _, p := range s.traps {
		if p.process != group {
			continue
		}
		s.core.options.Journal.TextRestored(group, p.addr)
		for x := range s.threads {
			p.process = x.Group()
			s.core.options.Journal.TextChanged(p.process, p.addr, p.original)
			break
		}
	}
}

// PlantTrap puts a breakpoint instruction at addr, on behalf of this engine or,
// if it is one of a group, of the whole group. Many may own one at the same
// address. Whoever hits it reports a Trap to the owners' engines on it, with
// the program counter at addr; nobody else notices. The thread must be
// stopped (ErrRunning). Every thread of the process is attached for as long as
// the trap is there. Forked children that a group follows get its traps, too.
// Memory that is shared with other processes has no traps (ErrNotSupported).
// Where the program has mapped something else meanwhile the trap is gone; to
// plant it again puts it back.
func (e *Engine) PlantTrap(ctx context.Context, addr uint64) error {
	return e.thread.core.Do(ctx, func() error {
		err := error(ErrGone) // what nobody owns would stay for ever
		if !e.gone.Load() {
			err = e.thread.plantTrap(e.owner(), addr)
		}
		if err != nil {
			return fmt.Errorf("plant a trap at %#x in thread %d: %w", addr, e.thread.ID(), err)
		}
		return nil
	})
}

// RemoveTrap gives the ownership of a trap up. The last owner's removal puts
// the original bytes back. ErrNotFound: it does not own one there.
func (e *Engine) RemoveTrap(ctx context.Context, addr uint64) error {
	return e.thread.core.Do(ctx, func() error {
		s := e.thread.space
		if s == nil || !s.owns(e, addr) {
			return fmt.Errorf("remove the trap at %#x in thread %d: %w", addr, e.thread.ID(), ErrNotFound)
		}
		s.disown(e.owner(), s.traps[addr])
		s.settleAll()
		return nil
	})
}

func (t *Thread) plantTrap(owner any, addr uint64) error {
	s := t.space
	switch {
	case s == nil || t.ended():
		return ErrGone
	case t.state != stopped:
		return ErrRunning
	}
	if p := s.traps[addr]; p != nil {
		if p != s.lifted && !p.present(t) { // the program has mapped something else there
			if err := p.look(t); err != nil {
				return err
			}
			if err := p.plant(t); err != nil {
				return err
			}
		}
		if !slices.Contains(p.owners, owner) {
			p.owners = append(p.owners, owner)
		}
		return nil
	}
	p := &plant{process: t.Group(), owners: []any{owner}}
	p.addr, p.planted = addr, t.task.ABI().BreakpointInsn()
	if err := p.look(t); err != nil {
		return err
	}
	if err := s.attachAll(t.Group()); err != nil {
		return err
	}
	if err := p.plant(t); err != nil {
		return err
	}
	if s.traps == nil {
		s.traps = make(map[uint64]*plant)
	}
	s.traps[addr] = p
	for x := range s.threads {
		x.maskChanged() // children have to be seen from now on
	}
	return nil
}

// look learns what is there now, and whether something else may be put there.
func (p *plant) look(t *Thread) error {
	if m, ok := t.task.(tracehook.Sharer); ok && m.Shared(p.addr) {
		return fmt.Errorf("the memory is shared, and others would run into the trap: %w", ErrNotSupported)
	}
	original := make([]byte, len(p.planted))
	if _, err := t.task.ReadMemory(p.addr, original); err != nil {
		return err
	}
	p.original, p.slot, p.barred = original, nil, false
	return nil
}

// plant writes the breakpoint instruction over it. The journal knows before: who
// restores what was not changed does no harm.
func (p *plant) plant(t *Thread) error {
	journal := t.core.options.Journal
	journal.TextChanged(p.process, p.addr, p.original)
	if _, err := t.task.WriteMemory(p.addr, p.planted); err != nil {
		journal.TextRestored(p.process, p.addr)
		return err
	}
	return nil
}

// attachAll makes sure that every thread of a process is attached.
func (s *Space) attachAll(group int) error {
	ids, err := s.core.kernel.Threads(group)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if s.core.threads[id] != nil {
			continue
		}
		task, err := s.core.loop.Attach(id, tracehook.WantClones)
		if err == nil {
			s.core.newThread(task, running)
		} else if !isGone(err) {
			return err
		}
	}
	return nil
}

// disown takes an owner's part in a trap away, and the trap with its last one.
// If no thread of the space is stopped the memory cannot be reached: one is
// asked to come by, and tend does the rest.
func (s *Space) disown(owner any, p *plant) {
	if i := slices.Index(p.owners, owner); i >= 0 {
		p.owners = slices.Delete(p.owners, i, i+1)
	}
	if len(p.owners) == 0 {
		s.orphaned = true
		s.tend()
	}
}

// dropOwner removes what an engine leaves behind.
func (s *Space) dropOwner(e *Engine) {
	s.dropWatches(e)
	if e.party != nil && s.hasParty(e.party) || e.party == nil && e.group != nil && e.group.has(s) {
		return // the other engines own it still
	}
	for _, p := range s.traps {
		s.disown(e.owner(), p)
	}
}

// untended reports whether tend has something to do, now that a thread is stopped.
func (s *Space) untended() bool { return s.orphaned || !s.hasTraps() && s.hasSlots() }

// tend restores the text under traps that nobody owns any more.
func (s *Space) tend() {
	for addr, p := range s.traps {
		if len(p.owners) != 0 {
			continue
		}
		t := s.stopped()
		if t == nil {
			for x := range s.threads {
				if x.state == running {
					x.interrupt()
				}
			}
			return
		}
		if p != s.lifted {
			s.core.fault(t, p.undo(t))
		}
		if p == s.lifted {
			s.lifted = nil
		}
		if p.slot != nil {
			p.slot.home = 0
		}
		delete(s.traps, addr)
		if s.former == nil {
			s.former = make(map[uint64]struct{})
		}
		s.former[addr] = struct{}{}
		for x := range s.threads {
			x.mayHit = true // also one that was stopped in between
		}
		s.core.options.Journal.TextRestored(p.process, addr)
	}
	s.orphaned = false
	if s.hasTraps() {
		return
	}
	if s.hasSlots() {
		s.clean()
	}
	s.stale = true
	for x := range s.threads { // those kept for the traps only can go
		if x.nobody() && x.state != stopped && !x.ended() {
			x.interrupt()
		}
	}
}

// stopped returns a thread through which the memory can be reached.
func (s *Space) stopped() *Thread {
	for t := range s.threads {
		if t.state == stopped {
			return t
		}
	}
	return nil
}

func (s *Space) hasTraps() bool           { return len(s.traps) != 0 }
func (s *Space) planted(addr uint64) bool { return s.traps[addr] != nil }

// owns reports whether a trap is an engine's own.
func (s *Space) owns(e *Engine, addr uint64) bool {
	p := s.traps[addr]
	return p != nil && slices.Contains(p.owners, e.owner())
}

// general reads the general registers into scratch space of the core, where
// they stay until the next call.
func (t *Thread) general() ([]byte, error) {
	gpr := t.core.gpr[:min(t.task.ABI().GeneralSize(), len(t.core.gpr))]
	n, err := t.task.ReadRegset(notePRStatus, gpr)
	return gpr[:n], err
}

// setPC moves the program counter.
func (t *Thread) setPC(pc uint64) error {
	gpr, err := t.general()
	if err != nil {
		return err
	}
	t.task.ABI().SetPC(gpr, pc)
	return t.task.WriteRegset(notePRStatus, gpr)
}

// pc reads the program counter.
func (t *Thread) pc() (uint64, error) {
	gpr, err := t.general()
	if err != nil {
		return 0, err
	}
	return t.task.ABI().PC(gpr), nil
}

// notePRStatus is the general register set, whatever the architecture.
const notePRStatus regset.Note = 1
