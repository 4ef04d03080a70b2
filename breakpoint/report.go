package breakpoint

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook"
)

// The reports of the manager's engines. All run on the loop.

// trap hands a hit to all breakpoints of the manager that it is about. The
// strictest answer counts.
func (m *Manager) trap(r *utrace.Report, x *utrace.Trap) utrace.Action {
	t := m.processes[r.Thread().Group()]
	if t == nil {
		return utrace.Resume
	}
	answer := t.changed(r)
	if !x.Own {
		return answer // a step, or a trap of somebody else's in the middle of one
	}
	if x.Kind != utrace.TrapBreakpoint {
		return max(answer, t.matched(r, x))
	}
	for _, b := range t.at[x.Addr] {
		answer = max(answer, b.reach(r))
	}
	return answer
}

// clone gives a child process that is followed the breakpoints of its parent:
// the same table if it shares its memory, else one of its own. The core plants
// the traps.
func (m *Manager) clone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	parent := m.processes[r.Thread().Group()]
	if m.scope != utrace.Tree || c.Thread == nil || !c.NewProcess() || parent == nil {
		return utrace.Resume
	}
	child := parent
	if c.Flags&tracehook.CloneVM == 0 {
		child = &table{at: make(map[uint64][]*Breakpoint, len(parent.at))}
		for addr, list := range parent.at {
			child.at[addr] = list[:len(list):len(list)]
		}
		child.copyWatched(parent)
	}
	m.processes[c.Thread.Group()] = child
	return utrace.Resume
}

// exec forgets the breakpoints of a process that has become another program.
func (m *Manager) exec(r *utrace.Report, former int) utrace.Action {
	m.processes[r.Thread().Group()] = &table{}
	return utrace.Resume
}

// death forgets a process with its last thread.
func (m *Manager) death(r *utrace.Report, d *utrace.Death) utrace.Action {
	if d.GroupDead {
		delete(m.processes, r.Thread().Group())
	}
	return utrace.Resume
}
