package utrace

import (
	"fmt"
	"slices"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// watching is a thread's part in the watches of its address space: what is in
// its debug registers. They are written when the thread goes on, never while it
// runs. It is owned by the loop.
type watching struct {
	// slots are the debug registers in use, with what each watches for.
	slots []*watch
	// stale: they are not what is wanted.
	stale bool
	// refused is why they are not, if the kernel has refused it.
	refused error
	// hits are the watches that have matched and have not been reported.
	hits []*watch
	// journalled: the journal knows that some are in use, or are going to be.
	journalled bool
	// left: the thread was let go with a match behind which a signal may come.
	left bool
	// early: the thread stands before an instruction that has matched, at this
	// address, and has to execute it with the debug registers off; see
	// passEarly. passing: it does that now.
	early   uint64
	passing bool
}

// armed reports whether debug registers are in use.
func (h *watching) armed() bool { return len(h.slots) != 0 }

// matters reports whether a trap may be about a watch.
func (h *watching) matters() bool { return h.armed() || len(h.hits) != 0 || h.left }

// arm has the debug registers watch for what is wanted now. The thread is
// stopped. If the kernel refuses that, they stay as they are.
func (t *Thread) arm() error {
	h := &t.watching
	h.stale, h.refused = false, nil
	defer t.space.tellArmed()
	machine, ok := t.task.ABI().(regset.Watcher)
	if !ok {
		return nil
	}
	slots := make([]*watch, 0, machine.WatchSlots())
	for _, x := range t.space.allWatches() {
		if !x.on(t) {
			continue
		}
		if len(slots) == cap(slots) {
			h.refused = fmt.Errorf("arm debug registers of thread %d: %w", t.ID(), ErrNoSlot)
			return h.refused
		}
		slots = append(slots, x)
	}
	if slices.Equal(slots, h.slots) {
		return nil
	}
	t.takeHits(nil) // what they have matched so far, they did with their former meaning
	if len(slots) != 0 {
		t.journalWatches(true)
	}
	defer func() { t.journalWatches(h.armed()) }()
	err := setWatches(machine, t.task, slots)
	if err == nil {
		h.slots = slots
		return nil
	}
	if isGone(err) {
		return err
	}
	h.refused = refusal(err)
	if err := setWatches(machine, t.task, h.slots); err != nil {
		h.slots = nil
	}
	return h.refused
}

// setWatches writes debug registers.
func setWatches(machine regset.Watcher, to regset.Transport, slots []*watch) error {
	registers := make([]Watch, len(slots))
	for i, x := range slots {
		registers[i] = x.Watch
	}
	return machine.SetWatches(to, registers)
}

// journalWatches notes whether debug registers are in use. The journal knows before
// they are, and until they are no more.
func (t *Thread) journalWatches(now bool) {
	was := t.watching.journalled
	t.watching.journalled = now
	switch {
	case now && !was:
		t.core.options.Journal.WatchesSet(t.ID(), t.task.Start())
	case was && !now:
		t.core.options.Journal.WatchesCleared(t.ID(), t.task.Start())
	}
}

// forgetWatches follows an exec or the end, which clear debug registers.
func (t *Thread) forgetWatches() {
	t.journalWatches(false)
	t.watching = watching{}
}

// takeHits notes what the debug registers have matched. Some machines tell that by
// the trap alone; nil is none.
func (t *Thread) takeHits(trap *tracehook.Event) {
	h := &t.watching
	if !h.armed() {
		return
	}
	var bits uint
	var err error
	switch machine := t.task.ABI().(type) {
	case regset.LateWatcher:
		bits, err = machine.TakeWatchHits(t.task)
	case regset.EarlyWatcher:
		bits, err = t.earlyHits(machine, trap)
	}
	t.core.fault(t, err)
	for i, x := range h.slots {
		if bits&(1<<i) != 0 && !slices.Contains(h.hits, x) {
			h.hits = append(h.hits, x)
		}
	}
}

// disarm clears the debug registers of a thread that is going to be let go. It
// returns true if one has matched and the signal of that is still to come.
func (t *Thread) disarm() (behindTrap bool) {
	if t.watching.armed() {
		t.core.fault(t, t.arm())
	}
	if t.watching.early != 0 { // its signal has come
		t.watching.early, t.watching.hits = 0, nil
	}
	if len(t.watching.hits) == 0 || !t.nearUser() {
		return false
	}
	t.watching.hits, t.watching.left = nil, true
	return true
}

// passWatch has a thread that stands on a planted trap, and comes from a watch
// for execution there, not match that again when it executes the instruction.
func (t *Thread) passWatch(pc uint64) error {
	if !slices.ContainsFunc(t.watching.slots, func(x *watch) bool {
		return x.Watch == Watch{Kind: WatchExecute, Addr: pc, Len: 1}
	}) {
		return nil
	}
	abi := t.task.ABI()
	machine, late := abi.(regset.LateWatcher)
	if !late {
		return nil // it is passed when it matches
	}
	gpr := make([]byte, abi.GeneralSize())
	n, err := t.task.ReadRegset(notePRStatus, gpr)
	if err != nil {
		return err
	}
	machine.PassWatch(gpr[:n])
	return t.task.WriteRegset(notePRStatus, gpr[:n])
}

// rewatch has the debug registers set anew before the thread goes on.
func (t *Thread) rewatch() {
	t.watching.stale = true
	if t.state == running {
		t.interrupt()
	}
}

// rewatch has those of all threads set anew that an owner is attached to.
func (s *Space) rewatch(owner any) {
	for t := range s.threads {
		if isOn(owner, t) {
			t.rewatch()
		}
	}
}

// allWatches are the watches of a space; nil has none.
func (s *Space) allWatches() []*watch {
	if s == nil {
		return nil
	}
	return s.watches
}

// refused is why a thread does not watch for what it should.
func (s *Space) refused() error {
	for t := range s.threads {
		if t.watching.refused != nil {
			return t.watching.refused
		}
	}
	return nil
}

// awaitArmed returns what is closed when all threads watch; nil if they do.
func (s *Space) awaitArmed() chan struct{} {
	if s.armedc == nil && s.unarmed() {
		s.armedc = make(chan struct{})
	}
	return s.armedc
}

// unarmed reports whether a thread runs with debug registers that are not what is
// wanted. The parent in a vfork does not run.
func (s *Space) unarmed() bool {
	for t := range s.threads {
		if t.watching.stale && t.state == running && !t.inVfork {
			return true
		}
	}
	return false
}

// tellArmed wakes who waits for all threads to watch, if they do.
func (s *Space) tellArmed() {
	if s != nil && s.armedc != nil && !s.unarmed() {
		close(s.armedc)
		s.armedc = nil
	}
}

// writeRegset writes a set, but not, see pokeUser, that of the debug registers.
func (t *Thread) writeRegset(note regset.Note, p []byte) error {
	if m, ok := t.task.ABI().(regset.Watcher); ok && m.HoldsWatchesIn(note) {
		return fmt.Errorf("write debug registers of thread %d: %w", t.ID(), ErrKept)
	}
	return t.task.WriteRegset(note, p)
}

// pokeUser writes a word of struct user, but not the debug registers behind the
// back of those who have watches in them.
func (t *Thread) pokeUser(off uintptr, v uint64) error {
	if m, ok := t.task.ABI().(regset.Watcher); ok && m.HoldsWatches(off) {
		return fmt.Errorf("write debug registers of thread %d: %w", t.ID(), ErrKept)
	}
	return t.task.PokeUser(off, v)
}
