package hooktest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// journal is what a handler has been told, for a test to wait for and look at.
type journal struct {
	*testing.T
	mu      sync.Mutex
	changed *sync.Cond
	log     []record
	seen    int // what wait has passed
}

func newJournal(t *testing.T) *journal {
	j := &journal{T: t}
	j.changed = sync.NewCond(&j.mu)
	return j
}

// record is a copy of an event, with the id that the thread had then.
type record struct {
	tracehook.Event
	id int
}

func (r record) String() string {
	s := fmt.Sprintf("%d %v", r.id, r.Kind)
	switch r.Kind {
	case tracehook.SyscallEntry, tracehook.SyscallExit:
		s += fmt.Sprintf("(%d)", int64(r.Syscall.Nr))
	case tracehook.Signal, tracehook.GroupStop:
		s += fmt.Sprintf("(%d %v)", r.Signal, r.Trap)
	case tracehook.Clone:
		s += fmt.Sprintf("(%d)", r.ChildID)
	case tracehook.Lost:
		s += fmt.Sprintf("(%d)", r.Count)
	case tracehook.Exit, tracehook.Death, tracehook.Reap:
		s += fmt.Sprintf("(%#x)", r.Status)
	}
	return s
}

// wait waits for the next event of a kind after the one that wait returned
// last, and passes over others.
func (j *journal) wait(kind tracehook.Kind) record {
	j.Helper()
	return j.waitFor(kind.String(), func(e record) bool { return e.Kind == kind })
}

func (j *journal) waitFor(what string, match func(record) bool) record {
	j.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		j.mu.Lock()
		late = true
		j.mu.Unlock()
		j.changed.Broadcast()
	})
	defer timer.Stop()
	j.mu.Lock()
	for {
		for j.seen < len(j.log) {
			e := j.log[j.seen]
			j.seen++
			if match(e) {
				j.mu.Unlock()
				return e
			}
		}
		if late {
			break
		}
		j.changed.Wait()
	}
	j.mu.Unlock()
	j.Fatalf("no %s within %v; events:\n%s", what, patience, j.history())
	panic("unreachable")
}

// events are all events so far, of one thread or, with nil, of all.
func (j *journal) events(of tracehook.Subject) []record {
	j.mu.Lock()
	defer j.mu.Unlock()
	if of == nil {
		return slices.Clone(j.log)
	}
	var found []record
	for _, e := range j.log {
		if e.Subject == of {
			found = append(found, e)
		}
	}
	return found
}

// count is how many events of a kind there were so far.
func (j *journal) count(kind tracehook.Kind) (n int) {
	for _, e := range j.events(nil) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (j *journal) history() string {
	var b strings.Builder
	for _, e := range j.events(nil) {
		fmt.Fprintln(&b, "\t", e)
	}
	return b.String()
}
