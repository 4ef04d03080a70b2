package sim

import "github.com/utrace/utrace/tracehook"

// beginExec is the point of no return of execve: all other threads have to die
// (fs/exec.c, de_thread()).
func (t *thread) beginExec(img *image) {
	p := t.proc
	p.execing = t
	t.nextImage = img
	t.phase = inExec
	for _, other := range p.threads {
		if other != t {
			other.status = 0
			other.kill()
		}
	}
}

// exec waits for the siblings to die and then replaces the program.
func (t *thread) exec() {
	p := t.proc
	switch {
	case t.killed:
		p.execing = nil
		t.phase = toUser
		return
	case !p.onlyLeft(t):
		t.w.park(t, waiting)
		return
	}
	former := t.id
	if p.leader != t {
		t.takeLead()
	}
	p.execing = nil
	t.releaseMemory()
	for i := range p.actions {
		if p.actions[i].handler != sigIgn {
			p.actions[i] = action{}
		}
	}
	p.mm = newMemory(t.nextImage)
	t.nextImage = nil
	t.w.ledger.Calls[t.id]++
	t.fp, t.stepping, t.debug = nil, tracehook.Run, [8]uint64{}
	t.begin()
	t.regs[origRax] = nrExecve
	t.phase = atExit
	t.note(tracehook.Event{Kind: tracehook.Exec, Former: former})
	if t.task != nil {
		t.stop(tracehook.Event{Kind: tracehook.Exec, Former: former})
	}
}

// onlyLeft reports whether all others have gone, a dead leader aside.
func (p *process) onlyLeft(t *thread) bool {
	for _, other := range p.threads {
		if other != t && (other != p.leader || other.state != zombie) {
			return false
		}
	}
	return true
}

// takeLead gives the id of the dead leader to t. The tracer of the leader
// hears nothing of it from the kernel; the contract wants its Death and Reap.
func (t *thread) takeLead() {
	p, old := t.proc, t.proc.leader
	if k := old.task; k != nil {
		// Ahead of the Exec, so in the same line if the loop is the same.
		line := k
		if t.task != nil && t.task.loop == k.loop {
			line = t.task
			for _, e := range k.takePending() {
				line.push(e)
			}
		}
		if !k.deathReported {
			k.deathReported = true
			line.push(tracehook.Event{Kind: tracehook.Death, Task: k, Subject: k, Status: old.status,
				ParentSignal: tracehook.LeaderZombie})
		}
		line.push(tracehook.Event{Kind: tracehook.Reap, Task: k, Subject: k, Status: old.status})
		k.lost = true
	}
	old.note(tracehook.Event{Kind: tracehook.Reap, Status: old.status})
	delete(t.w.threads, t.id)
	old.state = gone
	for i, other := range p.threads {
		if other == old {
			p.threads = append(p.threads[:i], p.threads[i+1:]...)
			break
		}
	}
	t.id, t.start = old.id, old.start
	t.w.threads[t.id] = t
	p.leader = t
}
