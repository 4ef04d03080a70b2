package utrace

import (
	"fmt"
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// Siginfo is a signal's full description, siginfo_t of sigaction(2).
type Siginfo = tracehook.Siginfo

// Signal is a signal that has been dequeued, or a signal pass without one.
type Signal struct {
	thread *Thread
	number int
	pass   SignalPass
	class  Events
	info   Siginfo
	known  bool // info is loaded
	edited bool // info was changed
	do     SignalAction
	hold   bool

	// active: a signal waits for its pass to end.
	active bool
	// begun: the pass has begun. Between calls it is suspended, and goes on
	// behind the engine that last was called.
	begun bool
	last  *Engine
	// later: an engine wants to hear of it behind the others. again: it is time.
	later, again bool
	// from is the engine that has put the signal in the place of a trap.
	from *Engine
	// deliver is the number that the thread is resumed with.
	deliver int
	// journalled: the journal keeps it while the thread is held.
	journalled bool
}

// SignalPass says why a Signal report is made.
type SignalPass uint8

const (
	// Dequeued: there is a signal, and the engines decide about it.
	Dequeued SignalPass = iota
	// Reporting: there is none. Some engine asked for Interrupt. Deliver
	// together with SetInfo injects a signal.
	Reporting
	// HandlerStarted: a signal handler's frame has been set up and none of its
	// instructions has run. Nothing can be decided.
	HandlerStarted
)

// Pass says why the report is made.
func (s *Signal) Pass() SignalPass { return s.pass }

// Number is the signal's number; 0 if there is none.
func (s *Signal) Number() int { return s.number }

// Choice is what will become of the signal if no engine behind this one
// decides otherwise.
func (s *Signal) Choice() SignalAction {
	if s.do == KeepSignal && s.number != 0 {
		return natural(s.Class(), s.number)
	}
	return s.do
}

// Held reports whether an engine has asked for the signal to be put back.
func (s *Signal) Held() bool { return s.hold }

// Again reports whether this is the report that an answer with Later has asked for.
func (s *Signal) Again() bool { return s.again }

// Class is the kind of effect the signal would have without any engine, as one
// of the EventSignal bits.
func (s *Signal) Class() Events {
	s.classify()
	return s.class
}

// bit is the event that decides who is called. Where no engine tells signals
// apart, the class is not looked for and any of them will do.
func (s *Signal) bit() Events {
	if s.class == 0 {
		return EventSignalAll
	}
	return s.class
}

// Info reads the signal's siginfo.
func (s *Signal) Info() (Siginfo, error) {
	if !s.known && s.pass == Dequeued {
		if err := s.thread.task.Siginfo(&s.info); err != nil {
			return Siginfo{}, fmt.Errorf("siginfo of thread %d: %w", s.thread.ID(), err)
		}
		s.known = true
	}
	return s.info, nil
}

// SetInfo replaces the siginfo, and with it the signal's number: of a signal
// that will be delivered, or of one to be injected (see Reporting).
func (s *Signal) SetInfo(info Siginfo) error {
	if n := info.Signo(); !deliverable(n) || n == int(syscall.SIGSTOP) && s.pass == Reporting {
		return fmt.Errorf("signal %d cannot be delivered: %w", n, ErrInvalid)
	}
	s.info, s.known, s.edited = info, true, true
	s.number = info.Signo()
	s.class = 0
	return nil
}

// classify finds the signal's class out. It costs a look at the process, so it
// is done only where the answer matters.
func (s *Signal) classify() {
	if s.class != 0 || s.number == 0 {
		return
	}
	d, err := s.thread.task.Disposition(s.number)
	if err != nil {
		d = tracehook.DispositionDefault // dying: nothing depends on it
	}
	s.class = classOf(s.number, d)
}

// classOf says what a signal does (signal(7), "Standard signals").
func classOf(number int, d tracehook.Disposition) Events {
	switch d {
	case tracehook.DispositionHandler:
		return EventSignal
	case tracehook.DispositionIgnore:
		return EventSignalIgnore
	}
	switch syscall.Signal(number) {
	case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGWINCH, syscall.SIGCONT:
		return EventSignalIgnore
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		return EventSignalStop
	case syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS,
		syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGSYS:
		return EventSignalCore
	}
	return EventSignalTerm
}

// natural is the choice that stands for what the process set up by itself.
func natural(class Events, number int) SignalAction {
	switch class {
	case EventSignalIgnore:
		return Ignore
	case EventSignalStop:
		if number == int(syscall.SIGSTOP) {
			return JobStop
		}
		return TerminalStop
	case EventSignalTerm:
		return Terminate
	case EventSignalCore:
		return DumpCore
	}
	return Deliver
}

// drop forgets the signal: the thread died.
func (s *Signal) drop() {
	s.thread.journalRelease()
	s.active, s.begun, s.last, s.later, s.again, s.deliver = false, false, nil, false, false, 0
}

const sigcont = int(syscall.SIGCONT)
