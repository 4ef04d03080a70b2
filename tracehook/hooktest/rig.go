package hooktest

import (
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
)

// patience is how long anything may take before the test fails. The suite's
// own test, which wants failures, has less.
var patience = scale.Time(20 * time.Second)

const (
	nothing    tracehook.Interest = 0
	everything                    = tracehook.WantSyscalls | tracehook.WantClones | tracehook.WantVforkDone | tracehook.WantExit
)

// rig is a running loop. Its handler writes down every event and resumes the
// thread in the usual way, unless the test wants events of that kind held.
type rig struct {
	*journal
	loop  tracehook.Loop
	ended chan error
	held  map[tracehook.Kind]bool // under the journal's lock
}

// newRig starts a loop, which holds events of some kinds.
func newRig(t *testing.T, w World, hold ...tracehook.Kind) *rig {
	t.Helper()
	r := &rig{journal: newJournal(t), ended: make(chan error, 1), held: make(map[tracehook.Kind]bool)}
	for _, k := range hold {
		r.held[k] = true
	}
	loop, err := w.Kernel().NewLoop(r)
	if err != nil {
		t.Fatal(err)
	}
	r.loop = loop
	go func() { r.ended <- loop.Run() }()
	t.Cleanup(r.close)
	return r
}

func (r *rig) close() {
	r.Helper()
	r.loop.Close()
	select {
	case err := <-r.ended:
		if err != nil {
			r.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		r.Error("the loop does not end after Close")
	}
	if r.Failed() {
		r.Logf("the events:\n%s", r.history())
	}
}

// Handle is the handler of the loop.
func (r *rig) Handle(e *tracehook.Event) {
	r.mu.Lock()
	r.log = append(r.log, record{*e, e.Subject.ID()})
	held := r.held[e.Kind]
	r.mu.Unlock()
	if !held {
		r.answer(e)
	}
	r.changed.Broadcast()
}

// answer resumes what an event has stopped. Errors say that it was killed.
func (r *rig) answer(e *tracehook.Event) {
	switch {
	case !e.Kind.Stops():
	case e.Kind == tracehook.GroupStop:
		e.Task.Resume(tracehook.Listen, 0)
	case e.Kind == tracehook.Clone && e.Child != nil:
		e.Child.Resume(tracehook.Run, 0)
		fallthrough
	default:
		e.Task.Resume(tracehook.Run, e.Signal)
	}
}

// do runs f on the loop and waits for it.
func (r *rig) do(f func()) {
	r.Helper()
	done := make(chan struct{})
	if !r.loop.Post(func() { defer close(done); f() }) {
		r.Fatal("Post: the loop has ended")
	}
	select {
	case <-done:
	case <-time.After(patience):
		r.Fatalf("the loop does not run what was posted; events:\n%s", r.history())
	}
}

// check runs f on the loop; an error of it fails the test.
func (r *rig) check(f func() error) {
	r.Helper()
	var err error
	r.do(func() { err = f() })
	if err != nil {
		r.Error(err)
	}
}

func (r *rig) attach(id int, i tracehook.Interest) (k tracehook.Task) {
	r.Helper()
	r.check(func() (err error) { k, err = r.loop.Attach(id, i); return err })
	if k == nil {
		r.FailNow()
	}
	return k
}

// resume ends a stop, on the loop.
func (r *rig) resume(k tracehook.Task, mode tracehook.Mode, signal int) {
	r.Helper()
	r.check(func() error { return k.Resume(mode, signal) })
}

// hold changes what is held from now on.
func (r *rig) hold(kinds ...tracehook.Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.held)
	for _, k := range kinds {
		r.held[k] = true
	}
}

// settle lets a few rounds of the loop pass, so that an event which should not
// be there has its chance. It cannot prove that none comes later.
func (r *rig) settle() {
	r.Helper()
	for range 20 {
		r.do(func() {})
		time.Sleep(time.Millisecond)
	}
}
