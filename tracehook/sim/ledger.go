package sim

import (
	"errors"
	"fmt"
	"slices"
)

// Ledger is what the world has seen happen, for tests to check.
type Ledger struct {
	// Exits are the wait statuses of processes as their parents got them.
	Exits map[int]int
	// Calls are how many system calls each thread has executed: those that
	// were skipped, or are still blocked, do not count.
	Calls map[int]uint64
	// Signals is how many signals have taken effect.
	Signals int
	// Events is how many reports handlers were given.
	Events int
	// Threads is how many threads there have been.
	Threads int
	// HeldDying is how often a handler has left a thread in an Exit that
	// SIGKILL, or the end of its process, had brought about.
	HeldDying int
}

// Ledger returns the world's own ledger, to be read while nothing moves.
func (w *World) Ledger() *Ledger { return &w.ledger }

// Wait returns the wait status of a process that Spawn started, if it has
// ended and was reaped.
func (w *World) Wait(pid int) (status int, ended bool) {
	defer w.enter()()
	status, ended = w.ledger.Exits[pid]
	return status, ended
}

// ids are the ids of all threads, in order.
func (w *World) ids() []int {
	ids := make([]int, 0, len(w.threads))
	for id := range w.threads {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// All lists the ids of all threads that are not reaped, in order.
func (w *World) All() []int {
	defer w.enter()()
	return w.ids()
}

// State is the letter of a thread as in /proc/PID/stat: R running, S sleeping,
// D waiting for a vfork child or an exec, T stopped by job control, t stopped
// by its tracer, Z dead; X if there is no such thread.
func (w *World) State(id int) byte {
	defer w.enter()()
	t := w.threads[id]
	if t == nil {
		return 'X'
	}
	return "RRSDTtTZX"[t.state]
}

// Traced reports whether a loop has attached the thread.
func (w *World) Traced(id int) bool {
	defer w.enter()()
	t := w.threads[id]
	return t != nil && t.task != nil
}

// CheckReleased returns an error that names every thread which tracing still
// has hold of: for the end of a test.
func (w *World) CheckReleased() error {
	defer w.enter()()
	var errs []error
	for _, id := range w.ids() {
		switch t := w.threads[id]; {
		case t.state == traced || t.state == listening:
			errs = append(errs, fmt.Errorf("thread %d is still stopped at %v", id, t.task.stopKind))
		case t.task != nil:
			errs = append(errs, fmt.Errorf("thread %d is still attached", id))
		case t.trap.kind != 0 || len(t.injected) > 0:
			errs = append(errs, fmt.Errorf("thread %d is left with something that tracing caused", id))
		}
	}
	return errors.Join(errs...)
}
