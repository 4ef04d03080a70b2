package utrace_test

import (
	"errors"

	"github.com/utrace/utrace"
)

const everyEvent = utrace.EventForeignTrap<<1 - 1

var someActions = []utrace.Action{
	utrace.Resume, utrace.Resume, utrace.Resume, utrace.Resume, utrace.Resume, utrace.Resume,
	utrace.Stop, utrace.Stop, utrace.Interrupt, utrace.ReportSoon, utrace.SingleStep, utrace.BlockStep, utrace.Detach,
}

func (s *schedule) action() utrace.Action {
	if s.calm {
		return utrace.Resume
	}
	return someActions[s.rng.IntN(len(someActions))]
}

func (s *schedule) someMask() utrace.Events {
	switch s.rng.IntN(4) {
	case 0:
		return everyEvent
	case 1:
		return utrace.EventQuiesce | utrace.EventDeath | utrace.EventReap
	}
	return utrace.Events(s.rng.Uint32()) & everyEvent
}

// newParty makes an engine's record. It is known by its handler until Attach
// has returned.
func (s *schedule) newParty(mask utrace.Events) *party {
	p := &party{name: len(s.parties), mask: mask}
	s.parties = append(s.parties, p)
	return p
}

func (s *schedule) attached(p *party, e *utrace.Engine) {
	p.engine, p.thread = e, e.Thread()
	sub := s.subject(p.thread)
	if sub.dead {
		p.mask &= utrace.EventReap
	}
	sub.parties = append(sub.parties, p)
}

// join attaches an engine, or a group of them.
func (s *schedule) join() {
	ids := s.world.All()
	if len(ids) == 0 || len(s.parties) > 40 {
		return
	}
	id, mask, layer := ids[s.rng.IntN(len(ids))], s.someMask(), s.rng.IntN(3)-1
	options := []utrace.AttachOption{utrace.WithEvents(mask), utrace.WithLayer(layer)}
	if s.rng.IntN(4) > 0 {
		p := s.newParty(mask)
		e, err := s.core.Attach(s.ctx, id, s.handler(p), options...)
		if err != nil {
			s.parties = s.parties[:len(s.parties)-1]
			s.refused(err)
			return
		}
		s.notef("engine %d joins %d, mask %v", p.name, id, mask)
		s.attached(p, e)
		return
	}
	var made []*party
	g, err := s.core.AttachGroup(s.ctx, id, utrace.Scope(s.rng.IntN(2)), func(t *utrace.Thread) any {
		p := s.newParty(mask)
		made = append(made, p)
		h := s.handler(p)
		s.notef("engine %d follows %d, mask %v", p.name, t.ID(), mask)
		p.thread = t
		sub := s.subject(t)
		if sub.dead {
			p.mask &= utrace.EventReap
		}
		sub.parties = append(sub.parties, p)
		return h
	}, append(options, utrace.WithRelease(func() {}))...)
	if err != nil {
		for _, p := range made {
			p.detached = true
		}
		s.refused(err)
		return
	}
	s.groups = append(s.groups, g)
}

func (s *schedule) refused(err error) {
	if !errors.Is(err, utrace.ErrGone) && !errors.Is(err, utrace.ErrNotPermitted) {
		s.failf("attach: %v", err)
	}
}

// move does something from outside.
func (s *schedule) move() {
	ids := s.world.All()
	if len(ids) == 0 {
		return
	}
	switch n := s.rng.IntN(24); {
	case n < 2:
		s.join()
	case n == 2:
		s.world.Tkill(ids[s.rng.IntN(len(ids))], []int{9, 19, 18, 18, 20, 10, 12, 15, 17}[s.rng.IntN(9)])
	case n == 3:
		s.world.Kill(ids[s.rng.IntN(len(ids))], []int{19, 18, 18, 20, 10, 12, 17, 34}[s.rng.IntN(8)])
	default:
		s.disturb(s.someParty())
	}
}

func (s *schedule) someParty() *party {
	if len(s.parties) == 0 {
		return nil
	}
	p := s.parties[s.rng.IntN(len(s.parties))]
	if p.engine == nil {
		return nil
	}
	return p
}

// disturb uses the methods of an engine, from outside or inside a callback.
func (s *schedule) disturb(p *party) {
	if p == nil {
		return
	}
	switch s.rng.IntN(12) {
	case 0, 1, 2, 3:
		s.control(p, someActions[s.rng.IntN(len(someActions)-1)])
	case 4:
		s.control(p, utrace.Resume)
	case 5:
		s.detach(p)
	case 6:
		s.setEvents(p, s.someMask())
	case 7:
		s.answer(p)
	case 8, 9:
		s.trap(p)
	default:
		s.examine(p)
	}
}

func (s *schedule) control(p *party, a utrace.Action) {
	sub := s.subject(p.thread)
	s.notef("control engine %d: %v", p.name, a)
	was := *p
	// What the core does about it may have happened when Control returns.
	p.held, p.asked, p.step = false, false, utrace.Resume
	if a.String() == "single-step" || a.String() == "block-step" {
		p.step = a
		if !sub.stopped {
			p.step, p.late = utrace.Resume, true
		}
	}
	if a == utrace.Stop {
		p.held = was.held
	}
	sub.asked = sub.asked || a == utrace.ReportSoon || a == utrace.Interrupt || sub.stopped
	switch err := p.engine.Control(s.ctx, a); {
	case err == nil:
		if a == utrace.Stop {
			p.held = true
		}
	case errors.Is(err, utrace.ErrInProgress) && a == utrace.Stop:
		p.asked = true
	case errors.Is(err, utrace.ErrGone) || errors.Is(err, utrace.ErrInvalid):
		if errors.Is(err, utrace.ErrGone) && !p.detached && !sub.dead {
			s.failf("Control of engine %d: %v", p.name, err)
		}
		p.held, p.asked, p.step = was.held, was.asked, was.step
	default:
		s.failf("Control(%v): %v", a, err)
	}
}

func (s *schedule) detach(p *party) {
	s.notef("detach engine %d", p.name)
	was := p.detached
	p.detached = true
	switch err := p.engine.Detach(); {
	case err == nil:
		if was {
			s.failf("engine %d was detached twice", p.name)
		}
	case errors.Is(err, utrace.ErrGone):
		if !was && !s.subject(p.thread).dead {
			s.failf("engine %d is gone, nobody knows why", p.name)
		}
		p.detached = was
	default:
		s.failf("Detach: %v", err)
	}
}

func (s *schedule) setEvents(p *party, mask utrace.Events) {
	s.notef("engine %d wants %v", p.name, mask)
	switch err := p.engine.SetEvents(mask); {
	case err == nil:
		p.mask = mask
	case errors.Is(err, utrace.ErrAlready):
		if !s.subject(p.thread).dead {
			s.failf("SetEvents before the death: %v", err)
		}
	case !errors.Is(err, utrace.ErrGone):
		s.failf("SetEvents: %v", err)
	}
}

// answer answers a suspended signal pass, if this engine suspends one.
func (s *schedule) answer(p *party) {
	a := s.signalAnswer()
	if a.Action == utrace.Stop || a.Action == utrace.Detach {
		a.Action = utrace.Resume
	}
	sub := s.subject(p.thread)
	was, wasSub := *p, *sub
	p.held = false
	s.decided(p, a, true)
	if err := p.engine.Answer(s.ctx, a); err != nil {
		*p, *sub = was, wasSub
		return
	}
	s.notef("engine %d answered %v", p.name, a)
}

func (s *schedule) trap(p *party) {
	addr := uint64(0x400000 + 16*s.rng.IntN(12) + []int{0, 5, 7}[s.rng.IntN(3)])
	if s.rng.IntN(3) == 0 {
		p.engine.RemoveTrap(s.ctx, addr)
		return
	}
	if err := p.engine.PlantTrap(s.ctx, addr); err == nil {
		s.notef("engine %d plants a trap at %#x", p.name, addr)
		if p.detached {
			s.failf("engine %d planted a trap after it was detached", p.name)
		}
	}
}

// examine opens a look at a thread or, later, ends it.
func (s *schedule) examine(p *party) {
	runs := s.subject(p.thread).runs
	if p.look == nil {
		x, err := p.engine.Examine(s.ctx)
		if err != nil {
			return
		}
		if pc, err := readPC(x); err == nil {
			p.look, p.pc, p.runs = x, pc, runs
		}
		return
	}
	x := p.look
	p.look = nil
	pc, err := readPC(x)
	if closed := x.Close(); closed == nil && (runs != p.runs || err == nil && pc != p.pc) {
		s.failf("engine %d: what it examined was no one moment: it ran %d times, pc %#x then %#x", p.name, runs-p.runs, p.pc, pc)
	}
}

func readPC(x *utrace.Examination) (uint64, error) {
	abi, err := x.ABI()
	if err != nil {
		return 0, err
	}
	var gpr [27 * 8]byte
	if _, err := x.ReadRegset(1, gpr[:]); err != nil {
		return 0, err
	}
	return abi.PC(gpr[:]), nil
}
