package vptrace

import (
	"strings"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// A thread in a domain of Landlock may trace only what is in the same domain, or in one
// below it (landlock(7), "Ptrace restrictions"; domain_ptrace in
// security/landlock/task.c). The kernel asks that of who attaches, which is us, and we are
// in none. So who attaches is made to ask first, by a call that leads to the same check.
// And of a child that asks to be traced we know whether it was there already when its
// parent went into a domain, which it is outside of then.

// domains is what is known of Landlock's. The zero value knows of none.
type domains struct {
	// seen: somebody has gone into one, and who attaches has to ask.
	seen bool
	// outside has the processes that a thread had made before it went into a domain.
	outside map[int]map[int]struct{}
	// allowed are attaches that the kernel has nothing against, by the thread that
	// calls.
	allowed map[int]lostAnswer
}

// enterDomain learns that a thread goes into a domain, and leaves the call to the
// kernel.
func (s *Server) enterDomain(c *call) {
	d, tid := &s.domains, int(c.TID)
	// Anything else is refused.
	if name, err := procfs.FD(tid, int(int32(c.Args[0]))); err == nil && strings.Contains(name, "landlock-ruleset") {
		d.seen = true
		children, _ := procfs.Children(tid)
		for _, pid := range children {
			if d.outside == nil {
				d.outside = map[int]map[int]struct{}{}
			}
			if d.outside[tid] == nil {
				d.outside[tid] = map[int]struct{}{}
			}
			d.outside[tid][pid] = struct{}{}
		}
	}
	s.pass(c)
}

// bars reports whether a thread is in a domain that a child of its is not in.
func (d *domains) bars(parent, child int) bool {
	_, outside := d.outside[parent][child]
	return outside
}

// forget forgets a thread that has ended.
func (d *domains) forget(tid int) {
	delete(d.outside, tid)
	delete(d.allowed, tid)
}

// asksDomain has who attaches ask the kernel whether its domain allows that, and reports
// whether it does. When it has, the attach is made again.
func (s *Server) asksDomain(c *call) bool {
	d, tid := &s.domains, int(c.TID)
	if !d.seen {
		return false
	}
	this := lostAnswer{c.PC, c.Args, 0}
	before, known := d.allowed[tid]
	delete(d.allowed, tid)
	if known && before == this {
		return false
	}
	number, ok := numberOf("kcmp", c.Arch)
	if !ok {
		return false
	}
	made := s.ledger.In().Call // the ids as the caller has them
	const compareMemory = 1    // KCMP_VM
	ask := substitute{number: number, args: [6]uint64{uint64(s.ids.out(c.tgid, tid)), made.Args[1], compareMemory}}
	s.substitute(made, func(_ *utrace.Report, turn int, result int64) (substitute, bool) {
		switch {
		case turn == 0:
			return ask, true
		case result == -int64(syscall.EPERM):
			return substitute{value: result}, false
		}
		if d.allowed == nil {
			d.allowed = map[int]lostAnswer{}
		}
		d.allowed[tid] = this
		return substitute{itself: true}, true
	})
	return true
}
