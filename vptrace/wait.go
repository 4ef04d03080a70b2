package vptrace

import (
	"encoding/binary"
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// waitCall is a wait of a thread that has called.
type waitCall struct {
	id, tgid     int   // of the caller
	place        int32 // in the ledger
	from         *notify.Listener
	notification uint64
	call         notify.Call // as it was made
	kind         waitKind
	compat       bool // from a 32-bit program
	again        bool // EAGAIN if there is nothing: a pidfd that does not block
	// putOff: there is something, but a signal may be about to break the call off.
	putOff bool
	// which is the first argument of wait4(2), whatever the call was.
	which   int
	options uint64
	// status, info and usage are where the results go, or 0.
	status, info, usage uint64
}

type waitKind uint8

const (
	waitFour waitKind = iota
	waitInfo
)

// waitid is wait with other arguments.
func (s *Server) waitid(c *call) {
	w := waitCall{
		id: int(c.TID), tgid: c.tgid, from: c.from, notification: c.ID,
		kind: waitInfo, compat: c.compat(), info: c.Args[2], options: c.Args[3], usage: c.Args[4],
	}
	id := int(int32(c.Args[1]))
	if options := uint32(c.Args[3]); options&^waitidOptions != 0 || options&(waitExited|waitStopped|waitContinued) == 0 {
		s.pass(c) // EINVAL
		return
	}
	switch c.Args[0] {
	case idAll:
		w.which = -1
	case idPID:
		w.which = id
	case idPGID:
		w.which = -id
	case idPIDFD:
		pid, nonblocking, err := procfs.Pidfd(c.tgid, id)
		if err != nil || !c.from.Valid(c.ID) {
			s.pass(c) // EBADF
			return
		}
		w.which, w.again = pid, nonblocking && w.options&waitNoHang == 0
		if nonblocking {
			w.options |= waitNoHang
		}
	default:
		s.pass(c) // EINVAL
		return
	}
	if w.which <= 0 && c.Args[0] == idPID {
		s.pass(c) // EINVAL
		return
	}
	s.wait(c, w)
}

// wait answers a wait, leaves it to the kernel, or keeps it until something
// happens.
func (s *Server) wait(c *call, w waitCall) {
	t := s.tracers[w.tgid]
	if t != nil {
		delete(t.answered, w.id)
	}
	if w.kind == waitFour && uint32(w.options)&^wait4Options != 0 {
		s.pass(c) // EINVAL
		return
	}
	if t == nil || len(t.links) == 0 && len(t.ends) == 0 && len(t.aside) == 0 && len(t.dead.seized) == 0 {
		s.toKernel(&w)
		return
	}
	w.call = s.ledger.In().Call
	t.endWaits(func(o *waitCall) bool { return o.id == w.id })
	if t.serveWait(&w) || !w.putOff && t.serveOther(&w) {
		return
	}
	w.place = s.ledger.Keep()
	t.waiters = append(t.waiters, w)
}

// serveOther answers a wait for which nothing has happened to tracees, or leaves it to
// the kernel. It reports false if it is to be kept.
func (t *tracer) serveOther(w *waitCall) bool {
	if t.waitAside(w) || t.waitDead(w) {
		return true
	}
	eligible, natural := t.eligible(w)
	switch {
	case !eligible:
		t.s.toKernel(w)
	case w.options&waitNoHang == 0:
		if !t.awaitChildren(w) {
			return false
		}
		t.s.toKernel(w)
	// A child that we trace counts as a child for the kernel, too, which would tell
	// its parent that job control has stopped it; its tracer has been told. And
	// it counts as none of those that are for __WCLONE only.
	case natural && w.options&waitClones != waitClone, t.hasChild(w):
		t.s.toKernel(w)
	default:
		t.nothing(w)
	}
	return true
}

// endWaits forgets the waits that are over.
func (t *tracer) endWaits(over func(*waitCall) bool) {
	t.waiters = slices.DeleteFunc(t.waiters, func(w waitCall) bool {
		if !over(&w) {
			return false
		}
		t.s.ledger.Drop(w.place)
		return true
	})
}

// toKernel leaves a wait to the kernel.
func (s *Server) toKernel(w *waitCall) {
	if w.options&waitNoHang == 0 {
		s.native[w.id] = struct{}{}
	}
	_ = w.from.Continue(w.notification)
}

// selects reports whether the wait is for this thread. As for any tracee,
// __WALL is implied, and so is WUNTRACED (wait_consider_task, kernel/exit.c).
func (w *waitCall) selects(tid, pgid int) bool {
	switch {
	case w.which == -1:
		return true
	case w.which > 0:
		return w.which == tid
	case w.which == 0:
		own, err := syscall.Getpgid(w.tgid)
		return err == nil && own == pgid
	}
	return -w.which == pgid
}

// sees reports whether the calling thread waits for this tracee: with __WNOTHREAD
// those that it traces itself, and its own children that its process traces
// (wait_consider_task in kernel/exit.c).
func (w *waitCall) sees(l *link) bool {
	return w.options&waitNoThread == 0 || l.by == w.id || l.natural && l.maker == w.id
}

// group is the process group of a thread. Only waits for one look at it.
func (w *waitCall) group(tgid int) int {
	if w.which > 0 || w.which == -1 {
		return 0
	}
	pgid, err := syscall.Getpgid(tgid)
	if err != nil {
		return 0
	}
	return pgid
}

// wantsEnds reports whether the wait is for ends, too.
func (w *waitCall) wantsEnds() bool { return w.kind == waitFour || w.options&waitExited != 0 }

// eligible reports whether there is anything that the wait could be for, and
// whether a child of the tracer's own is among it that job control has not stopped.
func (t *tracer) eligible(w *waitCall) (any, natural bool) {
	for _, l := range t.links {
		if w.selects(l.tid, w.group(l.tgid)) && w.sees(l) {
			any = true
			if l.natural && l.engine.Thread().JobStop() == 0 {
				return true, true
			}
		}
	}
	return any, false
}

// serveWait answers a wait if something has happened: the oldest first. It
// reports false if nothing has, or if the answer is put off. A call that was interrupted
// counts as answered.
func (t *tracer) serveWait(w *waitCall) bool {
	var first *link
	for _, l := range t.stops {
		if w.selects(l.tid, w.group(l.tgid)) && w.sees(l) {
			first = l
			break
		}
	}
	if w.wantsEnds() {
		for i := range t.ends {
			e := &t.ends[i]
			if w.selects(e.tid, e.pgid) && (first == nil || e.seq < first.stop.seq) {
				if t.putsOff(w) {
					return false
				}
				t.giveEnd(w, i)
				return true
			}
		}
	}
	if first == nil || t.putsOff(w) {
		return false
	}
	if t.give(w, first.tid, first.stop.code<<8|0x7f) && w.options&waitNoWait == 0 {
		first.stop.waited = true
		first.unqueue()
	}
	return true
}

// giveEnd gives a thread's end to its tracer. If the tracer has become the parent
// since, as who reaps orphans does, the kernel has the very same end for it; a
// tracer that is the parent gets one only.
func (t *tracer) giveEnd(w *waitCall, i int) {
	if e := &t.ends[i]; e.tid == e.tgid {
		if status, err := procfs.ReadStatus(e.tid); err == nil && status.Parent == t.tgid {
			t.dropEnd(i)
			t.s.toKernel(w)
			return
		}
	}
	if t.give(w, t.ends[i].tid, t.ends[i].status) && w.options&waitNoWait == 0 {
		t.dropEnd(i)
	}
}

func (t *tracer) dropEnd(i int) {
	t.s.ledger.Free(t.ends[i].bond)
	t.ends = slices.Delete(t.ends, i, i+1)
}

// give answers a wait. It reports false if the caller was interrupted: then
// nothing was waited for.
func (t *tracer) give(w *waitCall, tid, status int) bool {
	// The tracer's own thread is there: its end is watched.
	if w.id != t.tgid && !w.from.Valid(w.notification) {
		return false
	}
	seen := t.s.ids.out(w.tgid, tid)
	var errno syscall.Errno
	put := func(addr uint64, p []byte) {
		if n, err := ptrace.Write(w.id, uintptr(addr), p); err != nil || n != len(p) {
			errno = syscall.EFAULT
		}
	}
	if w.status != 0 {
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], uint32(status))
		put(w.status, b[:])
	}
	if w.usage != 0 {
		put(w.usage, w.rusage(tid))
	}
	value := int64(seen)
	if w.kind == waitInfo {
		value = 0
		if w.info != 0 {
			b := waitSiginfo(tid, status)
			binary.NativeEndian.PutUint32(b[16:], uint32(seen))
			put(w.info, w.layout(b))
		}
	}
	return w.from.Return(w.notification, value, errno) == nil
}

// changeOf is si_code and si_status for a wait status.
func changeOf(status int) (code, value int) {
	switch st := utrace.Status(status); {
	case status&0x7f == 0x7f:
		return cldTrapped, status >> 8
	case status&0x7f == 0:
		return cldExited, status >> 8 & 0xff
	case st.CoreDump():
		return cldDumped, status & 0x7f
	}
	return cldKilled, status & 0x7f
}

// waitSiginfo is the part of siginfo that waitid(2) fills in.
func waitSiginfo(tid, status int) (b [28]byte) {
	uid := 0
	if s, err := procfs.ReadStatus(tid); err == nil {
		uid = s.UIDs[0]
	}
	code, value := changeOf(status)
	info := childInfo(code, tid, uid, value)
	copy(b[:], info[:])
	return b
}

// nothing answers a wait with WNOHANG for which there is nothing.
func (t *tracer) nothing(w *waitCall) {
	if w.kind == waitInfo && w.info != 0 && w.from.Valid(w.notification) {
		var b [28]byte
		_, _ = ptrace.Write(w.id, uintptr(w.info), w.layout(b))
	}
	var errno syscall.Errno
	if w.again {
		errno = syscall.EAGAIN
	}
	_ = w.from.Return(w.notification, 0, errno)
}

// wake answers the waits that can be answered now.
func (t *tracer) wake() {
	if len(t.s.native) != 0 {
		t.s.recall(t) // one may have been for another child, that has ended
	}
	t.endWaits(func(w *waitCall) bool {
		before := w.putOff
		return t.serveWait(w) || before && !w.putOff && t.serveOther(w)
	})
}

// recheck leaves the waits to the kernel that are for nobody any more: it gives
// them ECHILD, or a child that is not traced.
func (t *tracer) recheck() {
	t.endWaits(func(w *waitCall) bool {
		if any, _ := t.eligible(w); any {
			return false
		}
		if t.serveWait(w) {
			return true
		}
		if w.putOff {
			return false
		}
		t.s.toKernel(w)
		return true
	})
}

// release leaves the waits that are for a child of the tracer's own to the
// kernel, which has its status.
func (t *tracer) release(pid int) {
	pgid, _ := syscall.Getpgid(pid)
	t.endWaits(func(w *waitCall) bool {
		if !w.selects(pid, pgid) {
			return false
		}
		if !t.waitAside(w) {
			t.s.toKernel(w)
		}
		return true
	})
}

// takeEnd makes the end of a thread of the link.
func (l *link) takeEnd(status utrace.Status) end {
	bond := l.bond
	l.bond = nil
	l.tracer.unlink(l)
	if bond != nil {
		bond.Status = int32(status)
		bond.Set(ledger.Ended)
	}
	return end{tid: l.tid, tgid: l.tgid, status: int(status), seized: l.seized, bond: bond}
}

// ended queues the end of a thread, in the place of the link.
func (t *tracer) ended(l *link, status utrace.Status) {
	if l.last != nil {
		t.queueEnd(*l.last)
	}
	t.queueEnd(l.takeEnd(status))
	t.wake()
	code, value := changeOf(int(status))
	t.tell(l, code, value)
}

func (t *tracer) queueEnd(e end) {
	e.pgid, _ = syscall.Getpgid(e.tgid)
	t.s.seq++
	e.seq = t.s.seq
	t.ends = append(t.ends, e)
}

// forgetEnd takes an end back: another thread of the process has taken the id
// over by an exec.
func (t *tracer) forgetEnd(tid int) {
	for i := len(t.ends) - 1; i >= 0; i-- {
		if t.ends[i].tid == tid {
			t.dropEnd(i)
		}
	}
}

// ownChildren lists the children of the caller's process, as far as its first
// thread and the calling one have made them.
func (t *tracer) ownChildren(w *waitCall) []int {
	list := t.leaderChildren()
	if w.id != t.tgid {
		more, _ := procfs.Children(w.id)
		list = append(list, more...)
	}
	return list
}

// leaderChildren lists the children of the process's first thread. The file stays
// open, for it is read at every wait that blocks.
func (t *tracer) leaderChildren() []int {
	if t.children == nil {
		file, err := procfs.OpenChildren(t.tgid)
		if err != nil {
			return nil
		}
		t.children = file
	}
	list, err := t.children.Read(t.childList[:0])
	if err != nil {
		return nil
	}
	t.childList = list
	return list
}

// hasChild reports whether the wait could be for a child of the caller's own that it
// does not trace.
func (t *tracer) hasChild(w *waitCall) bool {
	return slices.ContainsFunc(t.ownChildren(w), func(pid int) bool {
		return t.links[pid] == nil && w.selects(pid, w.group(pid))
	})
}

// awaitChildren sees to it that the wait learns of the end of children which are
// not traced. It reports true if one has ended already.
func (t *tracer) awaitChildren(w *waitCall) bool {
	for _, pid := range t.ownChildren(w) {
		l := t.links[pid]
		if l != nil {
			l.natural = true // by now: an orphan gets a new parent
		}
		if l != nil || !w.selects(pid, w.group(pid)) {
			continue
		}
		if stat, err := procfs.ReadStat(pid); err != nil || stat.State == 'Z' && stat.Threads <= 1 {
			return true
		}
		if _, watched := t.natural[pid]; !watched {
			t.awaitNatural(pid)
		}
	}
	return false
}
