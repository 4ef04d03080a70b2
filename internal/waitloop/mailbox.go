package waitloop

import "sync/atomic"

// A Mailbox passes functions from any number of goroutines to one thread. The
// zero value is an empty mailbox. It does not wake anybody: see Loop.Post.
type Mailbox struct {
	// newest is a stack that is turned round by Drain, so that posting is a
	// single compare-and-swap, and a Drain that finds nothing a single load.
	newest atomic.Pointer[letter]
}

type letter struct {
	f     func()
	older *letter
}

// shut is what newest points to when the mailbox takes no more.
var shut letter

// Post queues f. It returns false, and f will never run, once Close was called.
func (m *Mailbox) Post(f func()) bool {
	l := &letter{f: f}
	for {
		l.older = m.newest.Load()
		if l.older == &shut {
			return false
		}
		if m.newest.CompareAndSwap(l.older, l) {
			return true
		}
	}
}

// Drain runs what is queued now, in the order of posting, and returns how many
// functions that were. What these functions post waits for the next Drain, so a
// function which posts itself again does not keep the caller for ever. Only one
// thread may drain.
func (m *Mailbox) Drain() int {
	for {
		newest := m.newest.Load()
		if newest == nil || newest == &shut {
			return 0
		}
		if m.newest.CompareAndSwap(newest, nil) {
			return newest.run()
		}
	}
}

// Close refuses everything from now on and runs what was queued before. Like
// Drain, it is for the draining thread.
func (m *Mailbox) Close() {
	if newest := m.newest.Swap(&shut); newest != nil && newest != &shut {
		newest.run()
	}
}

// run calls the functions of a stack of letters, the oldest first.
func (l *letter) run() (n int) {
	var oldest *letter
	for l != nil {
		l.older, oldest, l = oldest, l, l.older
	}
	for ; oldest != nil; oldest = oldest.older {
		oldest.f()
		n++
	}
	return n
}
