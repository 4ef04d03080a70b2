package sim

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/utrace/utrace/tracehook"
)

// Observer is a tracehook.Observer of a World. See the package's comment for
// the two ways of having its handler called.
type Observer struct {
	w       *World
	handler tracehook.Handler
	closed  atomic.Bool
	wake    chan struct{}

	// Under the world's lock.
	ring    []sighting // a circular buffer
	first   int        // index of the oldest in it
	n       int        // how many there are
	owing   []*subject // whose losses and ends are not in the buffer
	reading bool       // Run was called

	event tracehook.Event // the one that is handed out
}

// defaultRoom is how many events NewObserver keeps.
const defaultRoom = 1024

// NewObserver makes an observer that keeps a thousand events for a handler that
// is slow.
func (w *World) NewObserver(h tracehook.Handler) (tracehook.Observer, error) {
	return w.NewObserverSize(h, defaultRoom)
}

// NewObserverSize makes an observer that keeps as many events as there is room
// for, three at least, and counts the others as lost.
func (w *World) NewObserverSize(h tracehook.Handler, room int) (tracehook.Observer, error) {
	if h == nil {
		return nil, fmt.Errorf("sim: an observer needs a handler: %w", tracehook.ErrInvalid)
	}
	defer w.enter()()
	// Three is what one thread can have outstanding: Lost, Death, Reap.
	o := &Observer{w: w, handler: h, ring: make([]sighting, max(3, room)), wake: make(chan struct{}, 1)}
	w.eyes = append(w.eyes, o)
	return o, nil
}

// Name is "sim".
func (o *Observer) Name() string { return o.w.Name() }

// Observe begins to report events of a thread.
func (o *Observer) Observe(id int, interest tracehook.Interest) (tracehook.Subject, error) {
	defer o.w.enter()()
	t := o.w.threads[id]
	switch {
	case o.closed.Load():
		return nil, fmt.Errorf("observe thread %d: %w", id, tracehook.ErrClosed)
	case t == nil || t.state == zombie || t.phase == dying:
		return nil, fmt.Errorf("observe thread %d: %w", id, tracehook.ErrGone)
	}
	if s := t.subjectOf(o); s != nil {
		s.interest = interest
		return s, nil
	}
	return o.newSubject(t, interest), nil
}

// Run hands out events of a live world, until Close. It does not drive the
// world: some Loop does.
func (o *Observer) Run() error {
	leave := o.w.enter()
	again := o.reading
	o.reading = true
	leave()
	if again {
		return fmt.Errorf("sim: Run of an observer was called before: %w", tracehook.ErrInvalid)
	}
	var batch []sighting
	for !o.closed.Load() {
		o.w.mu.Lock()
		batch = o.take(batch[:0])
		o.w.mu.Unlock()
		for i := range batch {
			if o.closed.Load() {
				break
			}
			o.handOut(&batch[i])
		}
		if len(batch) == 0 {
			<-o.wake
		}
	}
	return nil
}

// Close ends all reporting.
func (o *Observer) Close() error {
	defer o.w.enter()()
	if o.closed.Swap(true) {
		return nil
	}
	for _, id := range o.w.ids() {
		o.w.threads[id].unwatch(o)
	}
	o.w.eyes = slices.DeleteFunc(slices.Clone(o.w.eyes), func(other *Observer) bool { return other == o })
	o.n, o.owing = 0, nil
	o.wakeUp()
	return nil
}

func (o *Observer) wakeUp() {
	select {
	case o.wake <- struct{}{}:
	default: // a wake-up is on its way already
	}
}

// room is how many more events the buffer can keep.
func (o *Observer) room() int { return len(o.ring) - o.n }

func (o *Observer) put(e sighting) {
	o.ring[(o.first+o.n)%len(o.ring)] = e
	o.n++
	o.wakeUp()
}

// next removes the oldest event. When the buffer is empty, it is time to tell
// of what had no room in it.
func (o *Observer) next() (e sighting, ok bool) {
	if o.n == 0 {
		for len(o.owing) > 0 && o.room() >= 3 {
			s := o.owing[0]
			o.owing = append(o.owing[:0], o.owing[1:]...)
			s.pay()
		}
	}
	if o.n == 0 {
		return e, false
	}
	e = o.ring[o.first]
	o.ring[o.first] = sighting{}
	o.first = (o.first + 1) % len(o.ring)
	o.n--
	return e, true
}

// take appends all events to batch.
func (o *Observer) take(batch []sighting) []sighting {
	for range len(o.ring) {
		e, ok := o.next()
		if !ok {
			break
		}
		batch = append(batch, e)
	}
	return batch
}

// handOut gives an event to the handler.
func (o *Observer) handOut(e *sighting) {
	s := e.subject
	s.mu.Lock()
	s.id, s.start = e.id, e.start
	s.mu.Unlock()
	o.event = e.Event
	o.event.Subject = s
	o.handler.Handle(&o.event)
}

// choices is 1 if a step of the world could hand out an event. In a live world
// Run does.
func (o *Observer) choices() int {
	if o.w.live || o.reading || o.n == 0 && len(o.owing) == 0 {
		return 0
	}
	return 1
}

// act hands out one event.
func (o *Observer) act() {
	if e, ok := o.next(); ok {
		o.handOut(&e)
	}
}
