package utrace

import (
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Watches on machines whose threads stop before the instruction that matches
// (regset.EarlyWatcher). There the thread makes one step with its debug registers
// off, which concerns it alone, and they are set again afterwards. A match of an
// access is reported behind the instruction, as on all machines; one of an
// execution before it.

// earlyHits are the debug registers that a trap is about. The thread stands at the
// instruction from now on.
func (t *Thread) earlyHits(machine regset.EarlyWatcher, trap *tracehook.Event) (hits uint, err error) {
	h := &t.watching
	if trap == nil || trap.Trap != tracehook.TrapHardware {
		return 0, nil
	}
	abi := t.task.ABI()
	gpr := make([]byte, abi.GeneralSize())
	n, err := t.task.ReadRegset(notePRStatus, gpr)
	if err != nil {
		return 0, err
	}
	watches := make([]Watch, len(h.slots))
	for i, x := range h.slots {
		watches[i] = x.Watch
	}
	h.early = abi.PC(gpr[:n])
	var insn [4]byte
	got, _ := t.task.ReadMemory(h.early, insn[:]) // without, machines guess
	hits = machine.WatchHits(watches, trap.Addr, gpr[:n], insn[:got])
	for i, x := range h.slots {
		if x.Kind == WatchExecute && t.stepOff == h.early {
			hits &^= 1 << i // was told before the thread came to the planted trap there
		}
	}
	return hits, nil
}

// awaitsAccess reports whether the thread stands before an access that is to be
// reported behind it, or is near to what is watched, and to be passed.
func (h *watching) awaitsAccess() bool {
	return h.early != 0 && (len(h.hits) == 0 || h.hits[0].Kind != WatchExecute)
}

// passEarly switches the debug registers off for the step over an instruction that
// has matched, and reports whether there is such a step to make. With a signal to
// be delivered the thread comes back to the instruction, and matches again.
func (t *Thread) passEarly(signal int) bool {
	h := &t.watching
	if h.early == 0 {
		return false
	}
	pc, err := t.pc()
	if err != nil || pc != h.early || signal != 0 || !t.nearUser() {
		h.early, h.hits = 0, nil
		return false
	}
	machine, ok := t.task.ABI().(regset.Watcher)
	if !ok || machine.SetWatches(t.task, nil) != nil {
		return false
	}
	h.slots, h.stale, h.passing = nil, true, true
	return true
}

// passed ends such a step, whatever the thread reports. If it stands there still,
// another event came before: it makes the step later, and is not told again.
func (t *Thread) passed(ev *tracehook.Event) {
	h := &t.watching
	if !h.passing {
		return
	}
	h.passing = false
	switch ev.Trap {
	case tracehook.TrapStep:
		h.early, t.justStepped = 0, true
	case tracehook.NoTrap:
	default:
		h.early, h.hits = 0, nil
	}
}

// awaits reports whether an event is a match before an instruction, while the
// thread steps off a planted trap there: the step is made again, with the debug
// registers off.
func (h *watching) awaits(ev *tracehook.Event) bool {
	return h.armed() && ev.Trap == tracehook.TrapHardware
}
