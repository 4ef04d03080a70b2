package hooktest

import (
	"slices"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// watch is a running observer, whose handler writes down every event and checks
// what must hold of each.
type watch struct {
	*journal
	observer tracehook.Observer
	beside   *rig // a loop, which drives a simulated world
	ended    chan error
	stuck    chan struct{} // the handler is to wait until it is closed, if not nil
	times    map[tracehook.Subject]uint64
}

// newWatch starts an observer.
func newWatch(t *testing.T, w World, m tracehook.Monitor) *watch {
	t.Helper()
	o := &watch{journal: newJournal(t), beside: newRig(t, w), ended: make(chan error, 1), times: make(map[tracehook.Subject]uint64)}
	observer, err := m.NewObserver(o)
	if err != nil {
		t.Fatal(err)
	}
	o.observer = observer
	go func() { o.ended <- observer.Run() }()
	t.Cleanup(o.close)
	return o
}

func (o *watch) close() {
	o.Helper()
	o.goOn()
	o.observer.Close()
	o.awaitRun()
	if o.Failed() {
		events := o.events(nil)
		if last := len(events) - 100; last > 0 {
			events = events[last:]
		}
		o.Logf("the last events:\n%v", events)
	}
}

// awaitRun waits for Run to return, once or more often.
func (o *watch) awaitRun() {
	o.Helper()
	select {
	case err := <-o.ended:
		if o.ended <- err; err != nil {
			o.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		o.Error("Run of the observer does not return after Close")
	}
}

// Handle is the handler of the observer.
func (o *watch) Handle(e *tracehook.Event) {
	o.mu.Lock()
	stuck := o.stuck
	o.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	if e.Task != nil || e.Child != nil {
		o.Errorf("%v: an observed event with a task", e.Kind)
	}
	if e.Subject == nil {
		o.Errorf("%v: no subject", e.Kind)
		return
	}
	if e.Time == 0 || e.Time < o.times[e.Subject] {
		o.Errorf("%v of thread %d: time %d after %d", e.Kind, e.Subject.ID(), e.Time, o.times[e.Subject])
	}
	o.times[e.Subject] = e.Time
	switch e.Kind {
	case tracehook.Quiesce, tracehook.GroupStop, tracehook.Continue:
		o.Errorf("%v from an observer", e.Kind)
	case tracehook.Lost:
		if e.Count == 0 {
			o.Error("a Lost event of nothing")
		}
	}
	o.mu.Lock()
	o.log = append(o.log, record{*e, e.Subject.ID()})
	o.mu.Unlock()
	o.changed.Broadcast()
}

// getStuck makes the handler wait in its next event, until goOn.
func (o *watch) getStuck() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stuck = make(chan struct{})
}

func (o *watch) goOn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stuck != nil {
		close(o.stuck)
		o.stuck = nil
	}
}

func (o *watch) observe(id int, i tracehook.Interest) tracehook.Subject {
	o.Helper()
	s, err := o.observer.Observe(id, i)
	if err != nil {
		o.Fatal(err)
	}
	return s
}

// observed starts a script, brings it to its first barrier, named a, observes
// it there and lets it go on.
func (o *watch) observed(w World, script string, i tracehook.Interest) (Process, tracehook.Subject) {
	o.Helper()
	p := w.Spawn(o.T, `barrier a; `+script)
	p.Expect("@a\n")
	p.AwaitSleep(p.PID())
	s := o.observe(p.PID(), i)
	p.Release()
	return p, s
}

// find returns the first event of all so far that matches.
func (o *watch) find(match func(record) bool) record {
	o.Helper()
	events := o.events(nil)
	i := slices.IndexFunc(events, match)
	if i < 0 {
		o.Fatal("no such event")
	}
	return events[i]
}

// reap waits for the end of a thread.
func (o *watch) reap(s tracehook.Subject) record {
	o.Helper()
	return o.waitFor("reap", func(e record) bool { return e.Kind == tracehook.Reap && e.Subject == s })
}
