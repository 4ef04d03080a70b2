package utrace_test

import (
	"fmt"
	"slices"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook"
)

// party is what a random schedule knows of an engine by what it was told and
// what it answered: what must be true, without a look at the core.
type party struct {
	name     int
	engine   *utrace.Engine
	thread   *utrace.Thread
	mask     utrace.Events
	detached bool // Detach said so, or Detach was answered
	held     bool // it answered Stop, or Control(Stop) returned nil
	asked    bool // Control(Stop) returned ErrInProgress
	late     bool // it wanted a step of a running thread, by way of a report
	step     utrace.Action
	deaths   int
	reaps    int
	// look is an examination that is open, of the thread at pc.
	look *utrace.Examination
	pc   uint64
	runs int // of the thread, when it began
}

// subject is what a schedule knows of a thread.
type subject struct {
	parties []*party
	at      tracehook.Kind
	stopped bool
	killed  bool
	final   bool // it exits by SIGKILL
	dead    bool
	runs    int
	asked   bool // in this stop somebody asked for another report
	pass    uint64
	event   utrace.Events
	last    *party // who was called last in the pass
	// decision is what the last engine said about the signal, of number.
	number   int
	decision utrace.SignalAction
	fuzzy    bool // the signal was changed, put back, or is tracing's own
	// postponed are signals that the core has put off.
	postponed []int
}

// model is the judge of a schedule.
type model struct {
	fail     func(format string, args ...any)
	note     func(format string, args ...any)
	subjects map[*utrace.Thread]*subject
	parties  []*party
}

func (m *model) subject(t *utrace.Thread) *subject {
	s := m.subjects[t]
	if s == nil {
		s = &subject{}
		m.subjects[t] = s
	}
	return s
}

// happened: a thread that reports without having been resumed was killed, and
// nobody holds it any more.
func (m *model) happened(t *utrace.Thread, ev *tracehook.Event) {
	s := m.subject(t)
	m.note("%d: %v signal %d trap %v", t.ID(), ev.Kind, ev.Signal, ev.Trap)
	if s.stopped || ev.Kind == tracehook.Death {
		s.killed = true
		for _, p := range s.parties {
			p.held, p.asked, p.step = false, false, 0
		}
	}
	if s.dead && ev.Kind != tracehook.Reap {
		m.fail("thread %d: %v after its death", t.ID(), ev.Kind)
	}
	s.stopped, s.at, s.asked = ev.Kind.Stops(), ev.Kind, false
	s.final = ev.Kind == tracehook.Exit && ev.Status == 9
	s.dead = s.dead || ev.Kind == tracehook.Death
	s.number, s.decision, s.fuzzy = ev.Signal, utrace.KeepSignal, ev.Trap != tracehook.NoTrap
	if ev.Child != nil {
		// A newborn is stopped, too, though nobody says so.
		if child, _ := ev.Child.Data().(*utrace.Thread); child != nil {
			m.subject(child).stopped = true
		}
	}
}

// resumed: the strictest wish has its way.
func (m *model) resumed(t *utrace.Thread, mode tracehook.Mode, signal int) {
	s := m.subject(t)
	m.note("%d: resume %v %d", t.ID(), mode, signal)
	want := utrace.Resume
	for _, p := range s.parties {
		if p.detached {
			continue
		}
		if (p.held || p.asked) && s.at != tracehook.Exit {
			m.fail("thread %d is resumed at %v although engine %d holds it (held %v, asked %v)", t.ID(), s.at, p.name, p.held, p.asked)
		}
		want = max(want, p.step)
		p.step = utrace.Resume
		s.asked = s.asked || p.late
		p.held, p.asked, p.late = false, false, false
	}
	switch {
	case mode == tracehook.Listen || s.asked:
	case want == utrace.SingleStep && mode != tracehook.Step,
		want == utrace.BlockStep && mode != tracehook.BlockStep && mode != tracehook.Step:
		m.fail("thread %d is resumed with %v where an engine wants %v", t.ID(), mode, want)
	}
	if s.at == tracehook.Signal && !s.fuzzy {
		switch {
		case s.decision == utrace.Ignore && signal != 0:
			m.fail("thread %d is resumed with signal %d which was to be ignored", t.ID(), signal)
		case s.decision == utrace.KeepSignal && signal == 0:
			// It came to a thread that was about to step off a trap.
			s.postponed = append(s.postponed, s.number)
		case s.decision <= utrace.Deliver && signal != s.number:
			m.fail("thread %d is resumed with signal %d in place of %d", t.ID(), signal, s.number)
		}
	}
	s.stopped = false
	s.runs++
}

// injected: a signal that was postponed comes now.
func (m *model) injected(t *utrace.Thread, signal int) {
	m.note("%d: inject %d", t.ID(), signal)
	s := m.subject(t)
	s.postponed = slices.DeleteFunc(s.postponed, func(n int) bool { return n == signal })
}

func (m *model) letGo(t *utrace.Thread) {
	if list := m.subject(t).postponed; len(list) != 0 {
		m.fail("thread %d is let go without its signals %v", t.ID(), list)
	}
	for _, p := range m.subject(t).parties {
		if !p.detached {
			m.fail("thread %d is let go although engine %d is attached", t.ID(), p.name)
		}
	}
	// If it has just been killed it will report that to nobody.
	m.subject(t).stopped, m.subject(t).at = false, 0
}

// called checks a callback that is being made.
func (m *model) called(p *party, r *utrace.Report, event utrace.Events, what string) {
	s := m.subject(r.Thread())
	m.note("%d: engine %d %s %v", r.Thread().ID(), p.name, what, event)
	switch {
	case p.detached:
		m.fail("engine %d: %s after it was detached", p.name, what)
	case p.engine != nil && r.Engine() != p.engine || p.engine != nil && r.Thread() != p.thread:
		m.fail("engine %d: report of another engine", p.name)
	case p.reaps > 0:
		m.fail("engine %d: %s after Reap", p.name, what)
	}
	if pass := r.PassNumber(); pass != s.pass || s.last == nil {
		s.pass, s.event = pass, event
	} else if p != s.last && s.last.held && !s.last.detached && event&utrace.EventSignalAll != 0 && s.number != 0 {
		m.fail("engine %d hears of a signal before engine %d has decided", p.name, s.last.name)
	} else if p != s.last && !before(s.last, p, event == utrace.EventSyscallEntry) {
		m.fail("engine %d is called after engine %d for %v", p.name, s.last.name, event)
	}
	s.last = p
}

// before is the order of passes.
func before(a, b *party, reverse bool) bool {
	al, as := a.engine.Seq()
	bl, bs := b.engine.Seq()
	return (al < bl || al == bl && as < bs) != reverse
}

// answered takes an answer down.
func (m *model) answered(p *party, a utrace.Action) {
	m.note("engine %d answers %v", p.name, a)
	if p.detached {
		return
	}
	p.step = utrace.Resume
	switch a {
	case utrace.Detach:
		p.detached, p.held, p.asked = true, false, false
	case utrace.Stop:
		p.held = true
	case utrace.SingleStep, utrace.BlockStep:
		p.step = a
		fallthrough
	default:
		p.held = false
	}
	if a == utrace.ReportSoon || a == utrace.Interrupt {
		m.subject(p.thread).asked = true
	}
}

// ended checks the account of an engine whose thread is gone.
func (m *model) ended(p *party) error {
	s := m.subject(p.thread)
	switch {
	case p.detached || !s.dead:
		return nil
	case p.mask.Has(utrace.EventDeath) && p.deaths != 1:
		return fmt.Errorf("engine %d had %d deaths", p.name, p.deaths)
	case p.mask.Has(utrace.EventReap) && p.reaps != 1:
		return fmt.Errorf("engine %d was reaped %d times", p.name, p.reaps)
	case p.deaths > 1 || p.reaps > 1:
		return fmt.Errorf("engine %d: %d deaths, %d reaps", p.name, p.deaths, p.reaps)
	}
	return nil
}
