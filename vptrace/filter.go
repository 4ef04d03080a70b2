package vptrace

import "github.com/utrace/utrace/internal/notify"

// ErrNested is returned by Filter for a thread that is under a filter with a
// listener already: it is virtual, or somebody else supervises it.
var ErrNested = notify.ErrNested

// Filter puts the calling thread, which must be locked to its goroutine, and
// whatever it starts, under the filter of virtual ptrace, for good. It returns
// the listener, which is for Server.Adopt; until somebody has adopted it, the
// thread must not wait for children.
func Filter() (fd int, err error) { return notify.Install(Rules()) }
