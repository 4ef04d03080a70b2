package breakpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/utrace/utrace"
)

// Renew puts the breakpoint instruction back where the program has mapped
// something else over it: a library that was unloaded and loaded again at the
// same address comes without. It is for who knows of such things; nothing is
// done where the instruction still is. An error says that there is no memory
// where the breakpoint should be, or as for Manager.Set. utrace.ErrNotFound: it
// was removed, or is not a software breakpoint.
func (b *Breakpoint) Renew(ctx context.Context) error {
	m := b.manager
	var pids []int
	err := m.core.Do(ctx, func() error {
		for pid, t := range m.processes {
			if t.has(b) {
				pids = append(pids, pid)
			}
		}
		return nil
	})
	if err == nil && len(pids) == 0 {
		err = utrace.ErrNotFound
	}
	for _, pid := range pids {
		failed := m.stopped(ctx, pid, func() error { return m.replant(ctx, pid, b.spec.Addr) })
		if failed != nil && !errors.Is(failed, utrace.ErrGone) {
			err = errors.Join(err, fmt.Errorf("in process %d: %w", pid, failed))
		}
	}
	if err != nil {
		return fmt.Errorf("renew the breakpoint at %#x: %w", b.spec.Addr, err)
	}
	return nil
}

// has reports whether a breakpoint is one of those at its address.
func (t *table) has(b *Breakpoint) bool {
	for _, x := range t.at[b.spec.Addr] {
		if x == b {
			return true
		}
	}
	return false
}

// replant plants a trap that the manager owns already, by way of a thread of the
// process that is stopped. On the loop.
func (m *Manager) replant(ctx context.Context, pid int, addr uint64) error {
	err := error(utrace.ErrGone)
	for _, e := range m.group.Engines() {
		if e.Thread().Group() != pid {
			continue
		}
		if err = e.PlantTrap(ctx, addr); !errors.Is(err, utrace.ErrRunning) && !errors.Is(err, utrace.ErrGone) {
			return err
		}
	}
	return err
}
