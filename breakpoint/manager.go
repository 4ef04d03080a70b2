package breakpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/utrace/utrace"
)

// Manager is an owner of breakpoints in a process or a process tree. Its methods
// may be called from any goroutine, also from inside callbacks.
type Manager struct {
	core  *utrace.Core
	group *utrace.Group
	scope utrace.Scope
	pid   int

	// processes has the breakpoints of each process, and stepping those that are
	// found by steps. Owned by the loop.
	processes map[int]*table
	stepping  map[*Breakpoint]struct{}
}

// table has the breakpoints of a process. A vfork child shares its parent's.
type table struct {
	at map[uint64][]*Breakpoint
	// watched are the breakpoints that are no planted instruction.
	watched []*watched
}

// managerEvents is what the engines of a manager want to hear of.
const managerEvents = utrace.EventTrap | utrace.EventClone | utrace.EventExec | utrace.EventDeath

// Open attaches to a process. Options are for the engines, such as
// utrace.WithName; their event mask is the manager's own. The errors are those
// of Core.AttachGroup.
func Open(ctx context.Context, core *utrace.Core, pid int, scope utrace.Scope, options ...utrace.AttachOption) (*Manager, error) {
	m := &Manager{
		core: core, scope: scope, pid: pid,
		processes: map[int]*table{pid: {}}, stepping: map[*Breakpoint]struct{}{},
	}
	handler := &utrace.Funcs{Trap: m.trap, Clone: m.clone, Exec: m.exec, Death: m.death}
	group, err := core.AttachGroup(ctx, pid, scope, func(*utrace.Thread) any { return handler },
		append(options[:len(options):len(options)], utrace.WithEvents(managerEvents))...)
	if err != nil {
		return nil, err // it says which process, and why not
	}
	m.group = group
	return m, nil
}

// Close removes all breakpoints of the manager and detaches it.
// ErrInProgress: one of its callbacks is running right now; none will start.
func (m *Manager) Close() error {
	_ = m.core.Do(context.Background(), func() error { // a core that is closed has none any more
		for b := range m.stepping {
			_ = b.steps.Detach()
		}
		clear(m.stepping)
		return nil
	})
	return m.group.Detach()
}

// Done is closed when no thread is left that the manager is attached to.
func (m *Manager) Done() <-chan struct{} { return m.group.Done() }

// Set makes a breakpoint. If all threads of the process are running, one is
// stopped for a moment; inside a callback, where nothing can be waited for, that
// is utrace.ErrRunning. utrace.ErrGone: the process is not traced by the
// manager, or has ended. utrace.ErrNoSlot: it takes more debug registers than
// are free; the error names who has the others. Other errors are about the
// memory at the address.
func (m *Manager) Set(ctx context.Context, spec Spec) (*Breakpoint, error) {
	if spec.PID == 0 {
		spec.PID = m.pid
	}
	b := &Breakpoint{spec: spec, manager: m}
	err := b.prepare()
	if err == nil {
		err = m.stopped(ctx, spec.PID, func() error { return m.plant(ctx, b) })
	}
	if err == nil && b.pieces != nil {
		if err = m.awaitWatches(ctx, spec.PID); err != nil {
			_ = m.remove(context.WithoutCancel(ctx), b)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("set a %v at %#x in process %d: %w", spec.Kind, spec.Addr, spec.PID, err)
	}
	return b, nil
}

// stopped runs f on the loop. If f finds no thread that is stopped, one is.
func (m *Manager) stopped(ctx context.Context, pid int, f func() error) error {
	err := m.core.Do(ctx, f)
	if errors.Is(err, utrace.ErrRunning) && !m.core.Loop().OnLoop() {
		return m.inRunning(ctx, pid, f)
	}
	return err
}

// plant plants the trap of a breakpoint by way of a thread that is stopped. On
// the loop.
func (m *Manager) plant(ctx context.Context, b *Breakpoint) error {
	table := m.processes[b.spec.PID]
	if table == nil {
		return utrace.ErrGone
	}
	err := utrace.ErrGone
	for _, e := range m.group.Engines() {
		if e.Thread().Group() != b.spec.PID {
			continue
		}
		if failed := m.plantBy(ctx, table, e, b); failed != nil {
			// Running is better news than gone, and both mean the next one.
			if errors.Is(failed, utrace.ErrRunning) {
				err = utrace.ErrRunning
			} else if !errors.Is(failed, utrace.ErrGone) {
				return failed
			}
			continue
		}
		return nil
	}
	return err
}

// plantBy does it through one thread.
func (m *Manager) plantBy(ctx context.Context, t *table, e *utrace.Engine, b *Breakpoint) error {
	if b.spec.Kind == Software {
		if err := e.PlantTrap(ctx, b.spec.Addr); err != nil {
			return err
		}
		t.add(b)
		return nil
	}
	was := make([]byte, b.spec.Len)
	n, err := m.glance(ctx, e.Thread(), b.spec.Addr, was)
	if b.spec.Kind == Change {
		if err == nil {
			err = m.stepAll(ctx, b)
		}
	} else if !errors.Is(err, utrace.ErrRunning) { // the memory may come later
		err = m.plantWatch(ctx, t, e, b)
	}
	if err == nil {
		t.addWatched(b, was[:n])
	}
	return err
}

// add is for reports of other threads of the loop only: the list of an address
// that is being walked stays as it is.
func (t *table) add(b *Breakpoint) {
	if t.at == nil {
		t.at = make(map[uint64][]*Breakpoint)
	}
	old := t.at[b.spec.Addr]
	t.at[b.spec.Addr] = append(old[:len(old):len(old)], b)
}

// drop removes a breakpoint and says whether it was there, and whether it was
// the last one at its address.
func (t *table) drop(b *Breakpoint) (found, last bool) {
	var rest []*Breakpoint
	for _, x := range t.at[b.spec.Addr] {
		if x == b {
			found = true
		} else {
			rest = append(rest, x)
		}
	}
	if len(rest) != 0 {
		t.at[b.spec.Addr] = rest
		return found, false
	}
	delete(t.at, b.spec.Addr)
	return found, found
}

// remove takes a breakpoint out of every process.
func (m *Manager) remove(ctx context.Context, b *Breakpoint) error {
	err := m.core.Do(ctx, func() error {
		emptied := map[*table]bool{}
		_, any := m.stepping[b]
		if any {
			if err := m.endSteps(b); err != nil {
				return err
			}
		}
		for _, t := range m.processes {
			found, last := t.drop(b)
			any = t.dropWatched(b) || found || any
			if last {
				emptied[t] = true
			}
		}
		if !any {
			return utrace.ErrNotFound
		}
		for _, e := range m.group.Engines() {
			t := m.processes[e.Thread().Group()]
			if t != nil {
				t.releaseWatches(ctx, e, b.pieces)
			}
			if !emptied[t] {
				continue
			}
			// One engine of each address space is enough; for the others the
			// trap is not found any more.
			if err := e.RemoveTrap(ctx, b.spec.Addr); err != nil && !errors.Is(err, utrace.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove the breakpoint at %#x: %w", b.spec.Addr, err)
	}
	return nil
}
