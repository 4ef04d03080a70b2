package breakpoint

import (
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Kind says what makes a thread hit a breakpoint, and by what means.
type Kind uint8

// The kinds of breakpoints.
const (
	// Software: the instruction at Addr is about to be executed. It is made of
	// an instruction that traps, planted in the program's text; there can be
	// any number.
	Software Kind = iota
	// Hardware is the same by a debug register, of which each thread has a few:
	// four on x86. The text stays as it is.
	Hardware
	// Write: an instruction has written to one of Len bytes at Addr, maybe what
	// was there before. By debug registers.
	Write
	// Access: an instruction has read or written one. By debug registers; x86
	// has none for reads alone.
	Access
	// Change: one of Len bytes at Addr has changed, by whomever. It is found out
	// by having every thread of the process make single steps, which makes it
	// slower by three orders of magnitude. There can be any number, of any
	// length.
	Change
)

var kindNames = [...]string{"software breakpoint", "hardware breakpoint", "write watchpoint", "access watchpoint", "change watchpoint"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind of breakpoint"
}

// longestChange bounds what is compared after every instruction.
const longestChange = 1 << 16

// prepare checks a breakpoint that is to be set, and finds out which debug
// registers it takes.
func (b *Breakpoint) prepare() error {
	s := &b.spec
	watch := utrace.Watch{Addr: s.Addr, Len: s.Len}
	switch s.Kind {
	case Software, Hardware:
		if s.Len > 1 {
			return fmt.Errorf("it has %d bytes, and only watchpoints have more than one: %w", s.Len, utrace.ErrInvalid)
		}
		watch.Len = 1
	case Change:
		if s.Len < 1 || s.Len > longestChange {
			return fmt.Errorf("%d bytes, and 1 to %d can be compared: %w", s.Len, longestChange, utrace.ErrInvalid)
		}
	case Write:
		watch.Kind = utrace.WatchWrite
	case Access:
		watch.Kind = utrace.WatchAccess
	default:
		return fmt.Errorf("kind %d: %w", s.Kind, utrace.ErrInvalid)
	}
	if s.Kind == Software || s.Kind == Change {
		return nil
	}
	// All threads that can be traced are of the machine that we run on.
	machine, ok := regset.NativeABI().(regset.Watcher)
	if !ok {
		return utrace.ErrNotSupported
	}
	pieces, err := machine.SplitWatch(watch)
	b.pieces = pieces
	return err
}
