package inject

import (
	"fmt"

	"github.com/utrace/utrace"
)

// poke changes the memory of some arguments. What cannot be written stays as it
// is, as for the kernel, which would have failed with EFAULT; what is written of
// a piece of which some can be, counts.
func (t *Thread) poke(r *utrace.Report, list []Poke, args [6]uint64) {
	for _, p := range list {
		if err := t.pokeOne(r, p, args); err != nil {
			t.unpoked = append(t.unpoked, err)
		} else {
			t.poked = true
		}
	}
}

func (t *Thread) pokeOne(r *utrace.Report, p Poke, args [6]uint64) error {
	// The register of an argument that a call does not have holds anything,
	// perhaps an address of something else. The tables lack calls that are new.
	switch call := t.inside; {
	case call != nil && p.Arg >= call.NArgs:
		return fmt.Errorf("requested to tamper with argument #%d, but system call '%s' has only %d arguments", p.Arg+1, call.Name, call.NArgs)
	case p.Arg >= len(args):
		return fmt.Errorf("requested to tamper with argument #%d of %d", p.Arg+1, len(args))
	}
	if n, err := r.WriteMemory(args[p.Arg], p.Data); n == 0 && err != nil {
		return unwritable{err}
	}
	return nil
}

// unwritable says in strace's words that memory could not be changed.
type unwritable struct{ error }

func (unwritable) Error() string   { return "couldn't poke" }
func (e unwritable) Unwrap() error { return e.error }

// Poked reports whether memory of the call that Enter saw last was changed, and
// what could not be changed in the last Enter or Exit. The errors are strace's.
func (t *Thread) Poked() (changed bool, failed []error) { return t.poked, t.unpoked }
