package sim

import (
	"slices"
	"sync"

	"github.com/utrace/utrace/tracehook"
)

// subject is the observation of one thread: a tracehook.Subject.
type subject struct {
	o     *Observer
	group int

	// Under the world's lock.
	interest tracehook.Interest
	inCall   bool              // the entry of the current call was noted
	lost     tracehook.Event   // what there was no room for, if Count is not 0
	ends     []tracehook.Event // Death and Reap that have to wait for room
	owing    bool              // in the observer's list of those with lost or ends
	latest   sighting          // who the thread was when something last happened

	mu    sync.Mutex
	id    int // at the event that was handed out last
	start uint64
	data  any
}

// sighting is an event that was not handed out yet, and who it was then.
type sighting struct {
	tracehook.Event
	subject *subject
	id      int
	start   uint64
}

func (o *Observer) newSubject(t *thread, interest tracehook.Interest) *subject {
	s := &subject{o: o, group: t.proc.id, interest: interest, id: t.id, start: t.start}
	t.watched = append(t.watched, s)
	return s
}

// keep puts an event into the buffer, or counts it as lost, together with all
// that follow until there is room for it and for the news of the loss.
func (s *subject) keep(e sighting) {
	o := s.o
	s.latest = sighting{subject: s, id: e.id, start: e.start}
	last := e.Kind == tracehook.Death || e.Kind == tracehook.Reap
	need := 1
	if s.lost.Count > 0 {
		need = 2
	}
	switch {
	case len(s.ends) == 0 && o.room() >= need:
		if need == 2 {
			o.put(s.takeLost())
		}
		o.put(e)
		return
	case last:
		s.ends = append(s.ends, e.Event)
	default:
		s.lost.Count++
		s.lost.Time = e.Time
	}
	if !s.owing {
		s.owing = true
		o.owing = append(o.owing, s)
	}
}

// takeLost makes an event of the loss.
func (s *subject) takeLost() sighting {
	e := s.latest
	e.Event = s.lost
	e.Kind = tracehook.Lost
	s.lost = tracehook.Event{}
	return e
}

// pay makes events of what the observer owes for this thread.
func (s *subject) pay() {
	s.owing = false
	if s.lost.Count > 0 {
		s.o.put(s.takeLost())
	}
	for _, end := range s.ends {
		e := s.latest
		e.Event = end
		s.o.put(e)
	}
	s.ends = nil
}

// ID is the thread id.
func (s *subject) ID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// Group is the process id.
func (s *subject) Group() int { return s.group }

// Start is when the thread started.
func (s *subject) Start() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.start
}

// SetInterest says what to report from now on.
func (s *subject) SetInterest(i tracehook.Interest) bool {
	defer s.o.w.enter()()
	s.interest = i
	return false
}

// Data is the handler's value.
func (s *subject) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData sets it.
func (s *subject) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// unwatch ends an observer's interest in a thread.
func (t *thread) unwatch(o *Observer) {
	t.watched = slices.DeleteFunc(t.watched, func(s *subject) bool { return s.o == o })
}
