package utrace

import "github.com/utrace/utrace/tracehook"

// cloned reports a new thread to the engines of its parent. The newborn is
// stopped and begins to run, or is let go, when all of them have been called;
// an engine that wants it has attached by then.
func (t *Thread) cloned(ev *tracehook.Event) {
	c := &t.call.clone
	*c = Clone{ID: ev.ChildID, Flags: ev.CloneFlags}
	if ev.Child != nil {
		c.Thread = t.core.newThread(ev.Child, stopped)
		c.Thread.at = tracehook.Quiesce
		// It is born with its parent's interest, whatever its own will be.
		c.Thread.interest, c.Thread.dirty = t.interest, true
		c.Thread.inheritSpace(t, ev.CloneFlags)
	}
	t.inVfork = c.Vfork()
	t.walk(EventClone, reportClone)
	if c.Thread == nil {
		return
	}
	for _, e := range t.engines {
		if e.group != nil && !e.gone.Load() {
			e.group.follow(e, c)
		}
	}
	newborn := c.Thread
	*c = Clone{}
	newborn.inheritTraps(t.space)
	newborn.inheritWatches(t.space)
	newborn.settle()
}

// inheritTraps plants, in a newborn process, the traps of the groups that have
// followed it there. Its memory is a copy of its parent's, and was cleaned.
func (t *Thread) inheritTraps(parent *Space) {
	if parent == nil || parent == t.space {
		return
	}
	for addr, p := range parent.traps {
		for _, owner := range p.owners {
			if g, ok := owner.(*Group); ok && t.memberOf(g) {
				t.core.fault(t, t.plantTrap(owner, addr))
			}
		}
	}
}

func reportClone(e *Engine, r *Report) Action {
	if e.cb.Clone == nil {
		return Resume
	}
	return e.cb.Clone(r, &r.thread.call.clone)
}
