package gdbserver

import (
	"syscall"

	"github.com/utrace/utrace"
)

// A child of clone(2) that sends its parent another signal than SIGCHLD when it ends
// is reported by the kernel like a new thread (PTRACE_EVENT_CLONE, see kernel_clone),
// although it is a process, whether or not it has its parent's memory. gdbserver tells
// clients of a thread, and debuggers count on that. Here it is a process with a host,
// under whose id its one thread is told.

// likeThread reports whether a child is such a one.
func likeThread(c *utrace.Clone) bool {
	const exitSignal = 0xff
	return c.NewProcess() && !c.Vfork() && c.Flags&exitSignal != uint64(syscall.SIGCHLD)
}

// root is the process that clients know this one as.
func (p *process) root() *process {
	if p.host != nil {
		return p.host
	}
	return p
}

// kin are the processes that are told as threads of this one.
func (p *process) kin() (list []*process) {
	for _, x := range p.s.order {
		if x.host == p {
			list = append(list, x)
		}
	}
	return list
}

// joined takes such a child in.
func (t *thread) joined(r *utrace.Report, c *utrace.Clone) {
	host := t.p.root()
	p := host.s.addProcess(c.ID, host.attached)
	p.host, p.catch = host, host.catch.clone()
	child, err := p.attachChild(r, c.ID)
	if err != nil {
		host.s.forget(p)
		return
	}
	p.points.inherit(p, &host.points)
	t.announce(child)
}

// parted is called when such a process is no more.
func (p *process) parted(t *thread, status utrace.Status) {
	s := p.s
	t.exited(status)
	p.remove(t)
	p.points.forget()
	s.forget(p)
	s.settle()
}
