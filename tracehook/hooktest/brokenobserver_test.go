package hooktest

import (
	"os"
	"testing"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// blind are observers that break the contract, each with the clause of which a
// test has to notice.
var blind = map[string]struct {
	clause  string
	handle  func(h tracehook.Handler, e *tracehook.Event)
	monitor func(tracehook.Observer) tracehook.Observer
}{
	"stops threads":          {clause: "1/beside"},
	"stops them for as long": {clause: "5/slow"},
	"tells no time": {clause: "2/events", handle: func(h tracehook.Handler, e *tracehook.Event) {
		e.Time = 0
		h.Handle(e)
	}},
	"tells no births": {clause: "2/clone", handle: without(tracehook.Clone)},
	"says that it has stopped": {clause: "3/identity", handle: func(h tracehook.Handler, e *tracehook.Event) {
		e.Task = struct{ tracehook.Task }{}
		h.Handle(e)
	}},
	"hides losses": {clause: "4/losses", handle: without(tracehook.Lost)},
	"miscounts losses": {clause: "4/losses", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind == tracehook.Lost {
			e.Count--
		}
		h.Handle(e)
	}},
	"ignores the interest":  {clause: "6/interest", monitor: func(o tracehook.Observer) tracehook.Observer { return curious{o} }},
	"follows every newborn": {clause: "6/newborns", monitor: func(o tracehook.Observer) tracehook.Observer { return curious{o} }},
	"reports a signal twice": {clause: "7/signals", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if h.Handle(e); e.Kind == tracehook.Signal {
			h.Handle(e)
		}
	}},
	"loses Reap": {clause: "8/one_death", handle: without(tracehook.Reap)},
	"takes a zombie leader for dead": {clause: "8/zombie_leader", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.ParentSignal == tracehook.LeaderZombie {
			e.ParentSignal = sigCHLD
		}
		h.Handle(e)
	}},
	"forgets who called exec": {clause: "8/exec", handle: func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind == tracehook.Exec {
			e.Former = e.Subject.ID()
		}
		h.Handle(e)
	}},
	"forgets whom it observes": {clause: "9/observe", monitor: func(o tracehook.Observer) tracehook.Observer { return forgetful{o} }},
	"does not close":           {clause: "10/close", monitor: func(o tracehook.Observer) tracehook.Observer { return endless{o} }},
}

func without(kind tracehook.Kind) func(tracehook.Handler, *tracehook.Event) {
	return func(h tracehook.Handler, e *tracehook.Event) {
		if e.Kind != kind {
			h.Handle(e)
		}
	}
}

type curious struct{ tracehook.Observer }

func (o curious) Observe(id int, _ tracehook.Interest) (tracehook.Subject, error) {
	return o.Observer.Observe(id, everything)
}

type forgetful struct{ tracehook.Observer }

func (o forgetful) Observe(id int, i tracehook.Interest) (tracehook.Subject, error) {
	s, err := o.Observer.Observe(id, i)
	return &struct{ tracehook.Subject }{s}, err
}

type endless struct{ tracehook.Observer }

func (endless) Close() error { return nil }

// blindMonitor is a simulated monitor with a fault.
type blindMonitor struct {
	*sim.World
	fault string
}

func (m blindMonitor) NewObserver(h tracehook.Handler) (tracehook.Observer, error) {
	f := blind[m.fault]
	if f.handle == nil && f.monitor == nil {
		return newStopping(m.World, h)
	}
	inner := h
	if f.handle != nil {
		inner = handlerFunc(func(e *tracehook.Event) { f.handle(h, e) })
	}
	o, err := m.World.NewObserver(inner)
	if err == nil && f.monitor != nil {
		o = f.monitor(o)
	}
	return o, err
}

// stopping is a loop in the guise of an observer: it stops threads until the
// handler has seen why.
type stopping struct {
	tracehook.Loop
	handler tracehook.Handler
	events  chan tracehook.Event
}

func newStopping(k tracehook.Kernel, h tracehook.Handler) (tracehook.Observer, error) {
	o := &stopping{handler: h, events: make(chan tracehook.Event, 1<<16)}
	l, err := k.NewLoop(handlerFunc(func(e *tracehook.Event) { o.events <- *e }))
	o.Loop = l
	return o, err
}

func (o *stopping) Run() error {
	ended := make(chan error)
	go func() { ended <- o.Loop.Run() }()
	for {
		select {
		case err := <-ended:
			return err
		case e := <-o.events:
			seen := e
			seen.Task, seen.Child, seen.Time = nil, nil, 1
			o.handler.Handle(&seen)
			o.Post(func() { (&rig{}).answer(&e) })
		}
	}
}

func (o *stopping) Observe(id int, i tracehook.Interest) (s tracehook.Subject, err error) {
	done := make(chan struct{})
	o.Post(func() { defer close(done); s, err = o.Loop.Observe(id, i) })
	<-done
	return s, err
}

// TestFaultyObserver is the suite on an observer with a fault, in a process of
// its own.
func TestFaultyObserver(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		return // TestObserverFaultsAreFound starts this one
	}
	w := sim.New(1)
	TestObserver(t, Simulated(w), blindMonitor{w, fault})
}

// TestObserverFaultsAreFound checks that the suite for observers can fail.
func TestObserverFaultsAreFound(t *testing.T) {
	for name, fault := range blind {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustFail(t, "TestFaultyObserver", name, fault.clause)
		})
	}
}

// TestSoundObserver checks that the suite passes where nothing is broken.
func TestSoundObserver(t *testing.T) {
	w := sim.New(1)
	TestObserver(t, Simulated(w), w)
}
