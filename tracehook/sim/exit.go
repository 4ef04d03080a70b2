package sim

import (
	"encoding/binary"
	"slices"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// exit begins the end of a thread: it still has all its state.
func (t *thread) exit(status int) {
	t.status = status
	t.phase = dying
	t.note(tracehook.Event{Kind: tracehook.Exit, Status: status})
	if t.task != nil && t.task.armed&tracehook.WantExit != 0 {
		t.stop(tracehook.Event{Kind: tracehook.Exit, Status: status})
	}
}

// die ends the thread (do_exit(), exit_notify()).
func (t *thread) die() {
	p := t.proc
	t.w.park(t, zombie)
	t.phase, t.alarm = dead, 0
	if t.stopPending {
		t.leaveStopCount()
	}
	t.releaseMemory()
	if t.child != nil && t.child.vforkOf == t {
		t.child.vforkOf = nil
	}
	if p.live--; p.live == 0 {
		if !p.exiting {
			p.status, p.exiting = t.status, true // synchronize_group_exit()
		}
		p.orphan()
	} else {
		p.wakeJoiners()
	}
	t.noteDeath()
	switch {
	case t == p.leader:
		if p.ended() {
			p.finish()
		} else if t.task != nil {
			t.task.reportDeath(t.status, tracehook.LeaderZombie)
		}
		p.shrunk()
	case t.task != nil:
		t.task.reportDeath(t.status, tracehook.NoParentSignal)
	default:
		t.release()
	}
}

// ended reports whether nothing is left of the process but a dead leader.
func (p *process) ended() bool { return p.live == 0 && len(p.threads) == 1 }

// shrunk is called when a thread has gone.
func (p *process) shrunk() {
	if p.execing != nil && p.execing.state == waiting {
		p.w.makeRunnable(p.execing)
	} else if p.ended() && !p.zombie && p.leader.phase == dead {
		p.finish()
	}
}

// finish tells the tracer of the leader, or else the parent, that the process
// has ended.
func (p *process) finish() {
	k := p.leader.task
	switch {
	case k == nil || k.deathDelivered:
		p.becomeZombie()
	case !k.deathReported:
		k.reportDeath(p.status, sigCHLD)
	}
}

// becomeZombie lets the parent know that it can wait.
func (p *process) becomeZombie() {
	if p.zombie {
		return
	}
	p.zombie = true
	info := outside(sigCHLD, cldCode(p.status))
	info.SetPID(p.id)
	p.parent.send(info)
	if p.parent == p.w.init || p.parent.actions[sigCHLD].handler == sigIgn {
		p.reap()
	}
	p.parent.wakeWaiters()
}

// reap frees the id of the process.
func (p *process) reap() {
	p.w.ledger.Exits[p.id] = p.status
	if i := slices.Index(p.parent.children, p); i >= 0 {
		p.parent.children = slices.Delete(p.parent.children, i, i+1)
	}
	t := p.leader
	t.note(tracehook.Event{Kind: tracehook.Reap, Status: p.status})
	t.state = gone
	delete(p.w.threads, t.id)
	p.threads = nil
	if t.task != nil {
		t.task.push(tracehook.Event{Kind: tracehook.Reap, Status: p.status})
	}
}

// orphan gives the children of a dead process to the world.
func (p *process) orphan() {
	w := p.w
	children := p.children
	p.children = nil
	for _, c := range children {
		c.parent = w.init
		w.init.children = append(w.init.children, c)
		if c.zombie {
			c.reap()
		}
	}
}

// wakeJoiners wakes the threads that wait for others to end.
func (p *process) wakeJoiners() {
	for _, t := range p.threads {
		if t.state == sleeping && t.regs[origRax] == nrFutex {
			t.wake()
		}
	}
}

// wait4 waits for any child.
func (t *thread) wait4(status, options uint64) (int64, outcome, actor.Restart) {
	p := t.proc
	if len(p.children) == 0 {
		return -echild, done, 0
	}
	for _, c := range p.children {
		found := 0
		switch {
		case c.zombie:
			found = c.status
			c.reap()
		case c.unwaited == statusContinued && options&wContinued != 0,
			c.unwaited&0xff == 0x7f && c.unwaited != statusContinued && options&wUntraced != 0:
			found = c.unwaited
			c.unwaited = 0
		default:
			continue
		}
		var word [4]byte
		binary.LittleEndian.PutUint32(word[:], uint32(found))
		p.mm.write(status, word[:])
		return int64(c.id), done, 0
	}
	return 0, blocked, actor.RestartSys
}
