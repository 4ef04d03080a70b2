package regset

// maxWatch is the longest range that one debug register watches: the kernel
// takes 8 bytes where it is a 64-bit one (arch_bp_generic_fields in
// arch/x86/kernel/hw_breakpoint.c).
const maxWatch = userWord

// watchSlots are dr0 to dr3.
const watchSlots = 4

// The bits of dr7 for each slot: enable locally, and what for.
const (
	drEnable     = 1
	drEnableBits = 2 // for each slot
	drShift      = 16
	drInfoBits   = 4 // for each slot
)

// drTypes are the R/W fields of dr7 (Intel SDM volume 3, 18.2.4). There is none
// for reads alone.
var drTypes = [...]uint64{WatchExecute: 0, WatchWrite: 1, WatchAccess: 3}

// drLengths are its LEN fields.
var drLengths = [9]uint64{1: 0, 2: 1, 4: 3, 8: 2}

// resumeFlag is RF of eflags: the next instruction does not match dr0 to dr3.
const resumeFlag = 1 << 16

func (a *x86ABI) WatchSlots() int { return watchSlots }

func (a *x86ABI) SplitWatch(w Watch) ([]Watch, error) {
	switch {
	case int(w.Kind) >= len(drTypes):
		return nil, &Error{"watch", w.String(), ErrNoWatch}
	case w.Len < 1, w.Addr+uint64(w.Len-1) < w.Addr, w.Kind == WatchExecute && w.Len != 1:
		return nil, &Error{"watch", w.String(), ErrValue}
	}
	var pieces []Watch
	for addr, left := w.Addr, w.Len; left > 0; {
		n := maxWatch
		for n > left || addr%uint64(n) != 0 {
			n /= 2
		}
		if len(pieces) == watchSlots {
			return nil, &Error{"watch", w.String(), ErrNoWatch}
		}
		pieces = append(pieces, Watch{w.Kind, addr, n})
		addr, left = addr+uint64(n), left-n
	}
	return pieces, nil
}

func pokeDebug(t Transport, i int, v uint64) error {
	return t.PokeUser(debugAt+uintptr(i*userWord), v)
}

// SetWatches switches the control register off before the addresses change and
// on after: see debug.store.
func (a *x86ABI) SetWatches(t Transport, slots []Watch) error {
	if err := pokeDebug(t, drControl, 0); err != nil {
		return err
	}
	var control uint64
	for i, w := range slots {
		if w.Len == 0 {
			continue
		}
		if err := pokeDebug(t, i, w.Addr); err != nil {
			return err
		}
		control |= drEnable<<(drEnableBits*i) | (drTypes[w.Kind]|drLengths[w.Len]<<2)<<(drShift+drInfoBits*i)
	}
	if err := pokeDebug(t, drStatus, 0); err != nil {
		return err
	}
	if control == 0 {
		return nil
	}
	// If this is refused, the kernel leaves it as it was (ptrace_write_dr7).
	return pokeDebug(t, drControl, control)
}

// TakeWatchHits: the kernel sets dr6 anew at each debug exception
// (exc_debug_user in arch/x86/kernel/traps.c), and never clears it.
func (a *x86ABI) TakeWatchHits(t Transport) (uint, error) {
	status, err := t.PeekUser(debugAt + drStatus*userWord)
	if err != nil {
		return 0, err
	}
	hits := uint(status & (1<<watchSlots - 1))
	if hits != 0 {
		err = pokeDebug(t, drStatus, 0)
	}
	return hits, err
}

func (a *x86ABI) HoldsWatches(off uintptr) bool {
	return off >= debugAt && off < debugAt+8*userWord && off%userWord == 0
}

func (a *x86ABI) HoldsWatchesIn(Note) bool { return false }

func (a *x86ABI) PassWatch(gpr []byte) { a.set(gpr, a.flags, a.get(gpr, a.flags)|resumeFlag) }

var _ LateWatcher = (*x86ABI)(nil)
