package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// tracer is a process that has called and has links, or had. The tracer in the
// sense of ptrace(2) is one of its threads, which the link knows; all of them may
// wait.
type tracer struct {
	s     *Server
	tgid  int
	pidfd int
	links map[int]*link
	// stops are the links whose virtual stop has not been waited for, oldest
	// first, and ends the threads that have ended.
	stops []*link
	ends  []end
	// waiters are the calls of its threads that wait.
	waiters []waitCall
	// settles: waits that were put off are going to be looked at.
	settles bool
	// natural has, for traced processes whose leader has ended before its
	// threads, a descriptor that tells the end.
	natural map[int]int
	// aside are dead children of one thread that another one traced, by id.
	aside map[int]int
	// dead are those of its own children that have ended traced.
	dead deadChildren
	// threads are descriptors of its threads that trace, by id; -1 where the
	// kernel has none.
	threads map[int]int
	// traps are the breakpoints that it has planted, by process and address, as
	// it has written them.
	traps map[int]map[uint64]string
	// text has the original of what else it has written into text.
	text map[int]map[uint64]byte
	// children is the open list of the first thread's children, childList what
	// was read from it last.
	children  *procfs.ChildrenFile
	childList []int
	// told is the SIGCHLD that was sent last. rung: it may be pending.
	told utrace.Siginfo
	rung bool
	// answered are requests of its threads that may be made again though they are done.
	answered map[int]doneRequest
	// files are the memory files that it has open, by number, and writes are
	// those of its writes to them that wait for a thread to stop.
	files  map[int]*memFile
	writes []pendingWrite
	// let are children of its own that a predecessor of ours has traced for it,
	// until it was killed.
	let map[int]struct{}
	// searched: its waits that a predecessor left to the kernel were looked for.
	searched bool
	// mine are the threads that called, to be forgotten with it.
	mine []int
}

// end is a thread that has ended, for its tracer to wait for.
type end struct {
	tid, tgid, pgid int
	status          int
	seized          bool
	seq             uint64
	bond            *ledger.Bond
}

// tracer is the record of a process that begins to trace.
func (s *Server) tracer(tgid int) (*tracer, error) {
	if t := s.tracers[tgid]; t != nil {
		return t, nil
	}
	if s.process(tgid) == 0 {
		return nil, syscall.ESRCH
	}
	t := &tracer{
		s: s, tgid: tgid, links: map[int]*link{},
		natural: map[int]int{}, traps: map[int]map[uint64]string{}, text: map[int]map[uint64]byte{},
		files: map[int]*memFile{}, threads: map[int]int{},
	}
	fd, err := ptrace.OpenPidfd(tgid)
	if err != nil {
		return nil, err
	}
	t.pidfd = fd
	if err := s.core.Loop().Watch(fd, t.died); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	s.tracers[tgid] = t
	s.disposition(tgid)
	for tid, group := range s.callers {
		if group == tgid {
			t.mine = append(t.mine, tid)
		}
	}
	return t, nil
}

// died lets go of everything that a dead tracer held (ptrace(2): "If the tracer
// dies, all tracees are automatically detached and restarted, unless they were
// in group-stop"). Its breakpoints go with its engines.
func (t *tracer) died() {
	s := t.s
	_ = s.core.Loop().Unwatch(t.pidfd)
	_ = syscall.Close(t.pidfd)
	delete(s.tracers, t.tgid)
	s.forgetProcess(t.tgid)
	for _, tid := range t.mine {
		delete(s.callers, tid)
		s.domains.forget(tid)
		delete(s.native, tid)
		delete(s.lost, tid)
	}
	for tid, fd := range t.natural {
		t.forgetNatural(tid, fd)
	}
	for tid, fd := range t.threads {
		t.forgetThread(tid, fd)
	}
	if t.children != nil {
		_ = t.children.Close()
	}
	for number := range t.files {
		t.forgetFile(number)
	}
	t.endWaits(func(*waitCall) bool { return true })
	for i := range t.ends {
		s.ledger.Free(t.ends[i].bond)
	}
	t.endWrites(func(*pendingWrite) bool { return true })
	t.stops, t.ends = nil, nil
	for _, l := range t.links {
		l.abandon()
	}
	t.links = nil
}

// abandon ends the link of a tracer that is dead.
func (l *link) abandon() {
	l.giveUpTaking()
	l.tracer.s.ledger.Free(l.bond)
	if l.options&optExitKill != 0 {
		_ = syscall.Tgkill(l.tgid, l.tid, sigkill)
	}
	l.leave()
}

// watchThread notes that a thread of the process traces: its tracees are let go
// when it ends, even if the process goes on (exit_ptrace in kernel/ptrace.c).
// Before Linux 6.9 there are no descriptors of threads, and they go with the
// process.
func (t *tracer) watchThread(tid int) {
	if _, known := t.threads[tid]; known {
		return
	}
	fd, err := ptrace.OpenThreadPidfd(tid)
	t.threads[tid] = fd
	if err != nil {
		return
	}
	if err := t.s.core.Loop().Watch(fd, func() { t.threadDied(tid, fd) }); err != nil {
		_ = syscall.Close(fd)
		t.threads[tid] = -1
	}
}

func (t *tracer) forgetThread(tid, fd int) {
	delete(t.threads, tid)
	if fd >= 0 {
		_ = t.s.core.Loop().Unwatch(fd)
		_ = syscall.Close(fd)
	}
}

// threadDied lets the tracees of a dead thread go.
func (t *tracer) threadDied(tid, fd int) {
	t.forgetThread(tid, fd)
	for _, l := range t.links {
		if l.by == tid {
			l.unqueue()
			l.abandon()
			delete(t.links, l.tid)
		}
	}
	t.recheck()
}

// link makes a link to a thread, with an engine attached by attach.
func (t *tracer) link(by, tid, tgid int, seized bool, options uint32,
	attach func(id int, handler any, o ...utrace.AttachOption) (*utrace.Engine, error)) (*link, error) {
	l := &link{tracer: t, by: by, tid: tid, tgid: tgid, seized: seized, options: options}
	e, err := attach(tid, l, utrace.WithName("ptrace by process "+itoa(t.tgid)), utrace.WithData(t),
		utrace.WithParty(t), utrace.HoldingExit(), utrace.WithEvents(l.mask()))
	if err != nil {
		return nil, err
	}
	l.engine = e
	t.s.seq++
	l.since = t.s.seq
	t.watchThread(by)
	t.links[tid] = l
	l.bond = t.s.ledger.NewBond(t.tgid, by, tgid, tid)
	delete(t.let, tid)
	t.s.ids.out(t.tgid, tid) // while it lives: its end is to be told by this id
	return l, nil
}

// unlink forgets a link. Its engine is detached or about to be.
func (t *tracer) unlink(l *link) {
	l.state = gone
	l.unqueue()
	l.taken()
	t.s.ledger.Free(l.bond)
	if t.links[l.tid] == l {
		delete(t.links, l.tid)
	}
	for _, other := range t.links {
		if other.tgid == l.tgid {
			return
		}
	}
	delete(t.traps, l.tgid)
	delete(t.text, l.tgid)
}

// awaitNatural waits for the end of the whole process of a child whose leader
// has ended already: only then the kernel gives it to its parent.
func (t *tracer) awaitNatural(pid int) { t.awaitProcess(pid, func() { t.release(pid) }) }

// awaitProcess has ended called when nothing is left of a process but its zombie.
func (t *tracer) awaitProcess(pid int, ended func()) {
	if fd, ok := t.natural[pid]; ok {
		t.forgetNatural(pid, fd)
	}
	fd, err := ptrace.OpenPidfd(pid)
	if err != nil {
		ended()
		return
	}
	t.natural[pid] = fd
	err = t.s.core.Loop().Watch(fd, func() {
		t.forgetNatural(pid, fd)
		ended()
	})
	if err != nil {
		t.forgetNatural(pid, fd)
	}
}

func (t *tracer) forgetNatural(pid, fd int) {
	delete(t.natural, pid)
	_ = t.s.core.Loop().Unwatch(fd)
	_ = syscall.Close(fd)
}
