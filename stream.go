package utrace

import (
	"context"
	"iter"
	"os"
	"slices"
	"sync"
	"time"
)

// Stream is a handler for programs that would rather read events than be
// called: from an iterator, a channel, or an event loop that polls a
// descriptor. Attach it to as many threads as you like.
//
// The thread of an event in Wait stays stopped until the event is answered; if
// that takes longer than Timeout it is answered with Default. Other events do
// not stop, as long as there is room: if Buffer events are unread, the next one
// stops its thread until it is read, or until Timeout, when it counts as lost.
// So a slow reader slows the threads down and costs bounded memory.
type Stream struct {
	// Wait is the events to be answered. Set before the first Attach.
	Wait Events
	// Buffer is how many events may be unread. 0 means 256.
	Buffer int
	// Timeout bounds the wait for an answer, and for room. 0 means one second.
	Timeout time.Duration
	// Default is the answer that is given in its place.
	Default Action

	mu      sync.Mutex
	queue   []*StreamEvent
	lost    uint64
	calls   map[*Engine]callReply // answers that wait for the repeated pass
	closed  bool
	ready   chan struct{} // has a token while the queue is not empty
	pollOut *os.File      // likewise a byte, if somebody polls
	pollIn  *os.File
}

// StreamEvent is one event of a Stream. What the kind of event does not have
// is zero.
type StreamEvent struct {
	// Engine and Thread are who reports. ID is the thread's id at that moment.
	Engine *Engine
	ID     int
	Event  Events
	Time   time.Time
	// Number, Args, Result and Failed describe a system call, Arch, PC and SP
	// how it was made.
	Number uint64
	Args   [6]uint64
	Result int64
	Failed bool
	Arch   uint32
	PC, SP uint64
	// Signal is the siginfo of a Signal event.
	Signal Siginfo
	// Child is the new thread of a Clone, the child of a VforkDone, and the
	// former id of an Exec; CloneFlags are of a Clone.
	Child      int
	CloneFlags uint64
	// Status is how the thread ends or ended, ParentSignal Death.Signal.
	Status       Status
	ParentSignal int
	// JobControl is of a JobControl event.
	JobControl JobControl
	// Trap and Addr describe a Trap event.
	Trap TrapKind
	Addr uint64

	stream   *Stream
	timer    *time.Timer
	holding  bool
	answered bool
}

// Answer lets the thread of a waiting event go on. ErrTooLate: it was answered
// before, by default or by the caller. Answering an event that did not stop is
// allowed and does nothing.
func (ev *StreamEvent) Answer(ctx context.Context, action Action) error {
	return ev.answer(func() error { return ev.Engine.Control(ctx, action) })
}

// AnswerSignal answers a waiting Signal event.
func (ev *StreamEvent) AnswerSignal(ctx context.Context, answer SignalAnswer) error {
	return ev.answer(func() error { return ev.Engine.Answer(ctx, answer) })
}

func (ev *StreamEvent) answer(act func() error) error {
	s := ev.stream
	s.mu.Lock()
	late, holding := ev.answered, ev.holding
	ev.answered = true
	if ev.timer != nil {
		ev.timer.Stop()
	}
	s.mu.Unlock()
	switch {
	case !holding:
		return nil
	case late:
		return ErrTooLate
	}
	return act()
}

// Next waits for the next event. It returns ctx's error, or ErrClosed after
// Close when all has been read.
func (s *Stream) Next(ctx context.Context) (*StreamEvent, error) {
	for {
		s.mu.Lock()
		ready := s.channel()
		if len(s.queue) != 0 {
			ev := s.pop()
			s.mu.Unlock()
			if ev.holding && s.Wait&ev.Event == 0 {
				ev.Answer(ctx, Resume) // it was stopped for want of room
			}
			return ev, nil
		}
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return nil, ErrClosed
		}
		select {
		case <-ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Events iterates over the events until ctx is done or the stream is closed.
func (s *Stream) Events(ctx context.Context) iter.Seq[*StreamEvent] {
	return func(yield func(*StreamEvent) bool) {
		for {
			ev, err := s.Next(ctx)
			if err != nil || !yield(ev) {
				return
			}
		}
	}
}

// Chan returns a channel of the events, closed when ctx is done or the stream
// is closed.
func (s *Stream) Chan(ctx context.Context) <-chan *StreamEvent {
	c := make(chan *StreamEvent)
	go func() {
		defer close(c)
		for ev := range s.Events(ctx) {
			select {
			case c <- ev:
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

// Descriptor returns a file that is readable while events are unread, for
// poll(2) and the like; do not read from it. It belongs to the stream.
func (s *Stream) Descriptor() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pollIn == nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		s.pollIn, s.pollOut = r, w
		if len(s.queue) != 0 {
			w.Write([]byte{0})
		}
	}
	return s.pollIn, nil
}

// Lost is the number of events that were given up because nobody read them.
func (s *Stream) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Close ends the stream: what is unread can still be read, and threads that
// wait are answered by default. Engines stay attached and are not heard.
func (s *Stream) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.channel())
	s.ready = closedChannel
	waiting := slices.Clone(s.queue) // a reader goes on taking from it
	if s.pollIn != nil {
		s.pollOut.Close()
		s.pollIn.Close()
		s.pollIn, s.pollOut = nil, nil
	}
	s.mu.Unlock()
	for _, ev := range waiting {
		ev.Answer(context.Background(), s.Default)
	}
	return nil
}

var closedChannel = func() chan struct{} { c := make(chan struct{}, 1); close(c); return c }()

// channel returns the channel of the ready token. mu is held.
func (s *Stream) channel() chan struct{} {
	if s.ready == nil {
		s.ready = make(chan struct{}, 1)
	}
	return s.ready
}

// pop takes the oldest event. mu is held and there is one.
func (s *Stream) pop() *StreamEvent {
	ev := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	if len(s.queue) != 0 {
		s.wake()
	} else if s.pollIn != nil {
		s.pollIn.Read(make([]byte, 1))
	}
	return ev
}

// wake puts the token. mu is held.
func (s *Stream) wake() {
	if s.closed {
		return
	}
	select {
	case s.channel() <- struct{}{}:
	default:
	}
}

// push queues an event and says what its thread does meanwhile. It runs on the
// loop.
func (s *Stream) push(r *Report, ev *StreamEvent) Action {
	ev.stream, ev.Engine, ev.ID, ev.Time = s, r.engine, r.thread.ID(), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.Default
	}
	room := s.Buffer
	if room <= 0 {
		room = 256
	}
	full := len(s.queue) >= room
	if ended := ev.Event&(EventDeath|EventReap) != 0; full && ended && len(s.queue) >= 2*room {
		s.lost++ // the dead cannot be made to wait
		return Resume
	} else if !ended {
		ev.holding = full || s.Wait&ev.Event != 0
	}
	if len(s.queue) == 0 && s.pollOut != nil {
		s.pollOut.Write([]byte{0})
	}
	s.queue = append(s.queue, ev)
	s.wake()
	if !ev.holding {
		return Resume
	}
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = time.Second
	}
	ev.timer = time.AfterFunc(timeout, ev.expire)
	return Stop
}

// expire answers for a reader that does not.
func (ev *StreamEvent) expire() {
	s := ev.stream
	s.mu.Lock()
	if ev.answered {
		s.mu.Unlock()
		return
	}
	if s.Wait&ev.Event == 0 {
		for i, x := range s.queue { // it waited for room in vain
			if x == ev {
				s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
				s.lost++
				break
			}
		}
	}
	s.mu.Unlock()
	ev.Answer(context.Background(), s.Default)
}
