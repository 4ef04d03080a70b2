package daemon

import (
	"fmt"

	"github.com/utrace/utrace"
)

// party is what a client traces with: an attachment, whose engine decides by
// itself unless it is answered, or a guest, which is a core of the client's own.
type party interface {
	setNumber(int)
	// on is the engine on a thread; nil: it has none there.
	on(thread int) *utrace.Engine
	// tell tells the client what happens, until the party is over.
	tell()
	// end detaches the engines.
	end()
}

// enter numbers a party and has its events told.
func (s *session) enter(p party) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parties == nil || len(s.parties) >= maxAttachments {
		return fmt.Errorf("a connection can have %d attachments", maxAttachments)
	}
	s.numbered++
	p.setNumber(s.numbered)
	s.parties[s.numbered] = p
	s.telling.Add(1)
	go func() {
		defer s.telling.Done()
		p.tell()
	}()
	return nil
}

// engine finds the engine of a party on a thread.
func (s *session) engine(number, thread int) (*utrace.Engine, error) {
	s.mu.Lock()
	p := s.parties[number]
	s.mu.Unlock()
	if p == nil {
		return nil, fmt.Errorf("attachment %d: %w", number, utrace.ErrGone)
	}
	if e := p.on(thread); e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("attachment %d has no thread %d: %w", number, thread, utrace.ErrGone)
}
