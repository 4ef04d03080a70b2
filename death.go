package utrace

import "github.com/utrace/utrace/tracehook"

// exiting reports that the thread is about to end.
func (t *Thread) exiting(ev *tracehook.Event) {
	t.status = Status(ev.Status)
	t.walk(EventExit, reportExit)
}

func reportExit(e *Engine, r *Report) Action {
	if e.cb.Exit == nil {
		return Resume
	}
	return e.cb.Exit(r, r.thread.status)
}

// die reports the death of the thread. SIGKILL may have skipped all that
// normally comes before, and may come while the thread is held.
func (t *Thread) die(ev *tracehook.Event) {
	t.void()
	t.state = dead
	t.parted()
	t.status = Status(ev.Status)
	t.leaveSpace()
	t.setPhase(dying)
	t.parentSignal = ev.ParentSignal
	t.walk(EventDeath, reportDeath)
	t.core.abandon(t)
}

func reportDeath(e *Engine, r *Report) Action {
	if e.cb.Death == nil {
		return Resume
	}
	t := r.thread
	answer := e.cb.Death(r, &Death{
		Status:    t.status,
		Signal:    t.parentSignal,
		GroupDead: t.parentSignal != LeaderZombie && t.alone(),
	})
	if answer != Detach {
		answer = Resume // there is nothing left to stop
	}
	return answer
}

// alone reports whether no other traced thread of the process is alive.
func (t *Thread) alone() bool {
	for _, x := range t.core.threads {
		if x != t && x.Group() == t.Group() && !x.ended() {
			return false
		}
	}
	return true
}

// reap reports that the id is free and ends all attachments.
func (t *Thread) reap(ev *tracehook.Event) {
	t.state = reaped
	t.status = Status(ev.Status)
	t.setPhase(reaping)
	t.walk(EventReap, reportReap)
	t.everyone(func(e *Engine) { e.gone.Store(true) })
	t.sweep()
	t.core.removed(t)
	t.task.SetData(nil)
}

func reportReap(e *Engine, r *Report) Action {
	if e.cb.Reap != nil {
		e.cb.Reap(r, r.thread.status)
	}
	return Resume
}

// setPhase tells all engines how far the end has come. What SetEvents and
// Detach may still do depends on it, so it changes under their lock.
func (t *Thread) setPhase(p phase) {
	t.everyone(func(e *Engine) {
		e.mu.Lock()
		e.phase = max(e.phase, p)
		e.mu.Unlock()
	})
}
