package regset

import "fmt"

// WatchKind says what a debug register waits for.
type WatchKind uint8

// The kinds of watches.
const (
	// WatchExecute: an instruction that begins at the address is about to be
	// executed.
	WatchExecute WatchKind = iota
	// WatchWrite: an instruction has written to a byte of the range.
	WatchWrite
	// WatchAccess: an instruction has read or written one.
	WatchAccess
)

var watchNames = [...]string{"execution", "write", "access"}

// String names what is watched for.
func (k WatchKind) String() string {
	if int(k) < len(watchNames) {
		return watchNames[k]
	}
	return "unknown kind of watch"
}

// Watch is what one debug register waits for.
type Watch struct {
	Kind WatchKind
	Addr uint64
	// Len is the number of bytes; 1 for WatchExecute.
	Len int
}

// String describes it for people.
func (w Watch) String() string {
	if w.Kind == WatchExecute {
		return fmt.Sprintf("execution of %#x", w.Addr)
	}
	return fmt.Sprintf("%s of %d bytes at %#x", w.Kind, w.Len, w.Addr)
}

// Watcher is an [ABI] of a machine with debug registers. The threads must be
// stopped.
type Watcher interface {
	// WatchSlots is how many debug registers a thread has.
	WatchSlots() int
	// SplitWatch divides a watch of any length and alignment into such as one
	// debug register can have. ErrValue: a range that is empty or does not fit
	// the address space, or an execution of more than one byte. ErrNoWatch: it
	// takes more debug registers than there are, or the machine does not have
	// this kind.
	SplitWatch(w Watch) ([]Watch, error)
	// SetWatches has the thread watch for these, each in the debug register of
	// its index, and for nothing else. One with a Len of 0 leaves its register
	// off. What matched before is forgotten. After an error nothing is watched.
	SetWatches(t Transport, slots []Watch) error
	// HoldsWatches reports whether a word of struct user is about them, and
	// HoldsWatchesIn whether a set is.
	HoldsWatches(off uintptr) bool
	HoldsWatchesIn(note Note) bool
}

// LateWatcher is a Watcher whose threads stop behind an instruction that has
// accessed what is watched, and remember which debug registers have matched.
type LateWatcher interface {
	Watcher
	// TakeWatchHits says which debug registers have matched since it was asked
	// last: bit i stands for slot i.
	TakeWatchHits(t Transport) (slots uint, err error)
	// PassWatch has the thread execute its next instruction even if that is
	// watched for. It changes general registers.
	PassWatch(gpr []byte)
}

// EarlyWatcher is a Watcher whose threads stop before an instruction that
// matches, and do so again until it is executed with the watches off.
type EarlyWatcher interface {
	Watcher
	// WatchHits says which of these watches a trap is about, as bits: one that
	// has come with an address in its siginfo, with these general registers, at
	// an instruction that insn begins with as far as it could be read. There may
	// be none: machines stop for more than they are asked to.
	WatchHits(slots []Watch, addr uint64, gpr, insn []byte) (hits uint)
}

// WatchReader is a Watcher whose debug registers are in register sets (those of
// HoldsWatchesIn).
type WatchReader interface {
	Watcher
	// WatchesIn says what such a set watches for; the content is that behind its
	// header, the slots. One for reads alone is told as one for any access. ErrValue:
	// the machine has no such watch.
	WatchesIn(note Note, slots []byte) ([]Watch, error)
}

// splitWatch divides a watch for data at the borders of a machine's granules.
func splitWatch(w Watch, granule uint64, slots int) (pieces []Watch, err error) {
	if w.Len < 1 || w.Addr+uint64(w.Len-1) < w.Addr {
		return nil, &Error{"watch", w.String(), ErrValue}
	}
	for addr, left := w.Addr, w.Len; left > 0; {
		n := min(left, int(granule-addr%granule))
		if len(pieces) == slots {
			return nil, &Error{"watch", w.String(), ErrNoWatch}
		}
		pieces = append(pieces, Watch{w.Kind, addr, n})
		addr, left = addr+uint64(n), left-n
	}
	return pieces, nil
}

// memoryAccess is what an instruction does to memory from an address on.
type memoryAccess struct {
	width  uint64
	writes bool
}

// matching are the watches for data that an access at addr matches.
func (a memoryAccess) matching(slots []Watch, addr uint64) (hits uint) {
	for i, w := range slots {
		wanted := w.Kind == WatchWrite && a.writes || w.Kind == WatchAccess
		if wanted && w.Len != 0 && addr < w.Addr+uint64(w.Len) && w.Addr < addr+a.width {
			hits |= 1 << i
		}
	}
	return hits
}
