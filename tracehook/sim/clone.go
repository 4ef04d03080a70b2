package sim

import (
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

const (
	cloneFS      = 0x00000200
	cloneFiles   = 0x00000400
	cloneSighand = 0x00000800

	// threadFlags are what the statement "thread" passes to clone(2).
	threadFlags = tracehook.CloneVM | cloneFS | cloneFiles | cloneSighand | tracehook.CloneThread
)

// clone makes a child. It has run nothing, and does not run before it is
// reported, if it is.
func (t *thread) clone(nr, arg uint64) (int64, outcome, actor.Restart) {
	flags := arg
	switch nr {
	case nrFork:
		flags = sigCHLD
	case nrVfork:
		flags = tracehook.CloneVM | tracehook.CloneVfork | sigCHLD
	case nrClone3:
		flags = t.proc.mm.word(arg) | t.proc.mm.word(arg+32)
	}
	t.child = t.newChild(flags)
	t.w.ledger.Calls[t.id]++
	t.regs[rax] = uint64(t.child.id)
	t.call.Result = int64(flags) // for the phases that follow
	t.phase = afterClone
	return 0, moved, 0
}

func (t *thread) newChild(flags uint64) *thread {
	p := t.proc
	if flags&tracehook.CloneThread == 0 {
		p = p.fork(flags&tracehook.CloneVM != 0)
	}
	c := t.w.newThread(p)
	if p.leader == nil {
		p.id, p.leader = c.id, c
	}
	c.regs, c.mask = t.regs, t.mask
	c.regs[rax] = 0
	if t.fp != nil {
		fp := *t.fp
		c.fp = &fp
	}
	c.stack = t.stack
	if flags&tracehook.CloneVM != 0 {
		c.stack = p.mm.newStack()
		c.regs[rsp] = c.stack + pageSize - 512
	}
	c.loops = append([]loopCount(nil), t.loops...)
	c.frames = append([]frame(nil), t.frames...)
	c.phase = toUser
	if flags&tracehook.CloneVfork != 0 {
		c.vforkOf = t
	}
	if p == t.proc && p.stopCount > 0 {
		c.stopPending = true // task_join_group_stop()
		p.stopCount++
	}
	return c
}

// cloned reports the child, or sets it going.
func (t *thread) cloned() {
	c, flags := t.child, uint64(t.call.Result)
	t.phase = atExit
	if flags&tracehook.CloneVfork != 0 {
		t.phase = inVfork
	}
	t.noteClone(c, flags)
	k := t.task
	if k == nil || k.armed&tracehook.WantClones == 0 {
		t.w.makeRunnable(c)
		return
	}
	e := tracehook.Event{Kind: tracehook.Clone, ChildID: c.id, CloneFlags: flags}
	if c.killed {
		t.w.makeRunnable(c)
	} else {
		c.state = traced
		newborn := k.loop.newTask(c, k.interest)
		newborn.newborn = true
		newborn.armed = k.armed
		e.Child = newborn
	}
	t.stop(e)
}

// vforked waits until the child has let go of the memory. Only SIGKILL ends
// that earlier (wait_for_vfork_done()).
func (t *thread) vforked() {
	switch {
	case t.killed:
		t.phase = toUser
		if t.child.vforkOf == t {
			t.child.vforkOf = nil
		}
	case t.child.vforkOf == t:
		t.w.park(t, waiting)
	default:
		t.phase = atExit
		t.note(tracehook.Event{Kind: tracehook.VforkDone, ChildID: t.child.id})
		if t.task != nil && t.task.armed&tracehook.WantVforkDone != 0 {
			t.stop(tracehook.Event{Kind: tracehook.VforkDone, ChildID: t.child.id})
		}
	}
}

// releaseMemory is what exec and death do for a parent in vfork.
func (t *thread) releaseMemory() {
	if parent := t.vforkOf; parent != nil {
		t.vforkOf = nil
		if parent.state == waiting {
			t.w.makeRunnable(parent)
		}
	}
}

// sigreturn undoes what setting up a handler did.
func (t *thread) sigreturn() (int64, outcome, actor.Restart) {
	n := len(t.frames)
	if n == 0 {
		t.forceSignal(sigSEGV, tracehook.SiKernel, t.regs[rsp])
		return 0, done, 0
	}
	f := &t.frames[n-1]
	t.regs, t.mask, t.restarting = f.regs, f.mask, f.restarting
	t.frames = t.frames[:n-1]
	t.inSyscall = false
	t.w.ledger.Calls[t.id]++
	t.phase = atExit
	return 0, moved, 0
}

// sendCall is kill, tgkill and rt_sigqueueinfo.
func (t *thread) sendCall(nr, a0, a1, a2 uint64) int64 {
	target, sig := t.w.threads[int(a0)], int(a1)
	var info tracehook.Siginfo
	info.SetCode(tracehook.SiUser)
	info.SetPID(t.proc.id)
	switch nr {
	case nrTgkill:
		target, sig = t.w.threads[int(a1)], int(a2)
		info.SetCode(tracehook.SiTkill)
	case nrSigqueueinfo:
		if t.proc.mm.read(a2, info[:]) < len(info) {
			return -efault
		}
	}
	info.SetSigno(sig)
	switch {
	case a0 == 1:
		return 0 // the world does not listen
	case target == nil:
		return -esrch
	case sig < 0 || sig > 64:
		return -einval
	case sig == 0:
		return 0
	case nr == nrTgkill:
		target.send(&info)
	default:
		target.proc.send(&info)
	}
	return 0
}

func siginfoValue(s *tracehook.Siginfo) uint64 { return uint64(uint32(s.Value())) }
