package inject

import (
	"syscall"
	"time"

	"github.com/utrace/utrace/strace/paths"
	"github.com/utrace/utrace/syscalls"
)

// A Rule says which calls are to be changed, and how. The zero Rule changes
// none.
type Rule struct {
	// Calls are the calls that the rule is about.
	Calls *syscalls.Set
	// When picks some of them by their number in the thread.
	When When
	// Files limits the rule to calls that touch one of these files or
	// descriptors. Calls that do not are not counted.
	Files *paths.Filter
	// Chance is the probability of the change, from above 0 to 1. Zero means 1.
	Chance float64

	// Errors has the call fail without being made, with one of these by lot.
	Errors []syscall.Errno
	// Result has the call not made, and return this.
	Result *uint64
	// Instead names the call that is made in place of one that fails or
	// returns Result: one without arguments or effects. "" makes none.
	Instead string
	// Signal is sent to the thread as it enters the call. 0: none.
	Signal int
	// DelayEnter and DelayExit hold the thread before and after the call.
	DelayEnter, DelayExit time.Duration
	// PokeEnter and PokeExit change the memory that arguments point to, before
	// and after the call.
	PokeEnter, PokeExit []Poke
}

// A Poke is bytes to be written where an argument points to.
type Poke struct {
	Arg  int // from 0
	Data []byte
}

// Fakes reports whether the call is not made.
func (r *Rule) Fakes() bool { return len(r.Errors) > 0 || r.Result != nil }

// empty reports whether the rule changes nothing.
func (r *Rule) empty() bool {
	return !r.Fakes() && r.Signal == 0 && r.DelayEnter == 0 && r.DelayExit == 0 &&
		len(r.PokeEnter) == 0 && len(r.PokeExit) == 0
}

// When picks invocations by number, counted from 1: First, First+Step, and so
// on, up to Last. Zero values mean: from the first; up to the end; all of them.
type When struct {
	First, Last, Step uint
}

// Picks reports whether invocation n is one of them.
func (w When) Picks(n uint) bool {
	first, step := max(w.First, 1), w.Step
	if w == (When{}) {
		step = 1
	}
	switch {
	case n < first, w.Last != 0 && n > w.Last:
		return false
	case step == 0:
		return n == first || w.Last != 0
	}
	return (n-first)%step == 0
}
