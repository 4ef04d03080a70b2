package utrace

import (
	"context"
	"fmt"

	"github.com/utrace/utrace/tracehook"
)

// Control tells what the engine wants its thread to do next.
//
// Stop: nil if the thread is stopped now and stays so for this engine;
// ErrInProgress if it runs: a Quiesce report follows soon, whose answer
// decides (without a Quiesce callback the thread just stops). The others: nil;
// a stopped thread goes on if no engine holds it. Resume also takes back a
// Stop that has not come about. SingleStep, BlockStep and ReportSoon need
// EventQuiesce (the steps will do with EventTrap), else ErrInvalid. Detach is
// Engine.Detach. ErrGone: the engine is detached or the thread is dead.
func (e *Engine) Control(ctx context.Context, action Action) error {
	if action == Detach {
		return e.Detach()
	}
	return e.thread.core.Do(ctx, func() error {
		commit, err := e.Check(action)
		if err != nil {
			return err
		}
		return commit()
	})
}

// Answer resumes a signal pass that this engine suspended: it decides about the
// signal, and the engines behind it are called. ErrInvalid if the engine does
// not hold its thread in a signal pass.
func (e *Engine) Answer(ctx context.Context, answer SignalAnswer) error {
	t := e.thread
	return t.core.Do(ctx, func() error {
		if e.gone.Load() || t.ended() {
			return e.errorf("answer", ErrGone)
		}
		if t.state != stopped || t.at != tracehook.Signal || !t.signal.active || t.signal.last != e || !e.held {
			return e.errorf("answer", ErrInvalid)
		}
		e.held = false
		t.noteSignal(e, answer)
		if t.dirty {
			t.unlinkGone()
		}
		t.settle()
		return nil
	})
}

// Check is the first half of Control, for clients which have to answer their
// own caller before the thread moves: it finds every error but the thread's
// death. The second half, commit, does it. On the loop only, with nothing in
// between.
func (e *Engine) Check(action Action) (commit func() error, err error) {
	if err := e.refuses(action); err != nil {
		return nil, err
	}
	if action == Detach {
		return e.Detach, nil
	}
	return func() error { return e.thread.control(e, action) }, nil
}

// refuses says why an action cannot be asked for.
func (e *Engine) refuses(action Action) error {
	if !action.valid() {
		return e.errorf("control", ErrInvalid)
	}
	if e.gone.Load() || e.thread.ended() {
		return e.errorf("control", ErrGone)
	}
	mask := e.Events()
	switch action {
	case ReportSoon:
		if mask&EventQuiesce == 0 {
			return e.errorf("control without EventQuiesce", ErrInvalid)
		}
	case SingleStep, BlockStep:
		if mask&(EventQuiesce|EventTrap) == 0 {
			return e.errorf("control without EventQuiesce or EventTrap", ErrInvalid)
		}
	}
	return nil
}

// Direct is Control for a client that is on the loop anyway, and does it at every
// stop: it allocates nothing.
func (e *Engine) Direct(action Action) error {
	if action == Detach {
		return e.Detach()
	}
	if err := e.refuses(action); err != nil {
		return err
	}
	return e.thread.control(e, action)
}

// control applies a checked action. On the loop.
func (t *Thread) control(e *Engine, action Action) error {
	if t.state == stopped {
		t.controlStopped(e, action)
		return nil
	}
	switch action {
	case Stop:
		// Where job control stops it already, nobody can look at it before it
		// has come by.
		e.asked, e.step = Stop, Resume
		t.interrupt()
		return ErrInProgress
	case Interrupt, ReportSoon:
		e.ask(action)
		t.interrupt()
	case SingleStep, BlockStep:
		e.ask(ReportSoon)
		e.step = action
		t.interrupt()
	case Resume:
		e.held, e.asked, e.step, e.stepper = false, Resume, Resume, false
		e.wakeStopped()
	}
	return nil
}

// ask notes a wish about a running thread. It takes a Stop back that has not
// come about.
func (e *Engine) ask(action Action) {
	if e.held || e.asked == Stop {
		e.held, e.asked = false, Resume
		e.wakeStopped()
	}
	e.asked, e.step = max(e.asked, action), Resume
}

func (t *Thread) controlStopped(e *Engine, action Action) {
	if action == Stop {
		e.held = true
		t.settleLater()
		return
	}
	suspended := e.held && t.at == tracehook.Signal && t.signal.active && t.signal.last == e
	e.held, e.asked, e.step, e.stopInHandler = false, Resume, Resume, false
	e.wakeStopped()
	if suspended && action >= ReportSoon {
		// The engine wants to be asked once more about the signal it holds.
		t.askAgain(e)
	} else {
		e.wish = action
	}
	t.settle()
}

// settleLater settles a thread for which a hold was added: only what depends
// on being held changes.
func (t *Thread) settleLater() {
	if !t.passing {
		t.hold()
	}
}

// askAgain calls the engine that suspended a signal pass, without counting it
// as a new pass: its answer decides about the very signal.
func (t *Thread) askAgain(e *Engine) {
	if e.cb.Signal == nil || t.passing {
		return
	}
	t.passing, t.bit = true, t.signal.bit()
	if r := t.enter(e); r != nil {
		t.signal.pass = Reporting
		answer := e.cb.Signal(r, &t.signal)
		t.signal.pass = Dequeued
		t.noteSignal(e, answer)
		t.leave()
	}
	t.endPass()
}

func (e *Engine) errorf(what string, err error) error {
	return fmt.Errorf("%s: thread %d: %w", what, e.thread.ID(), err)
}

// WaitStopped waits until the thread is stopped and held for this engine, as
// after Control(Stop) or after a callback that answered Stop. ErrGone: the
// thread died or the engine was detached. ErrInvalid: the engine has not asked
// for a stop, or takes it back. ErrDeadlock: called inside a callback, where
// the thread of another engine cannot be waited for.
func (e *Engine) WaitStopped(ctx context.Context) error {
	t := e.thread
	for {
		var wait chan struct{}
		err := t.core.Do(ctx, func() error {
			err := e.examinable()
			if err == ErrAgain {
				if e.stoppedc == nil {
					e.stoppedc = make(chan struct{})
				}
				wait = e.stoppedc
				return nil
			}
			return err
		})
		if err != nil {
			return e.errorf("wait for the stop", err)
		}
		if wait == nil {
			return nil
		}
		if t.core.loop.OnLoop() {
			return e.errorf("wait for the stop", ErrDeadlock)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		case <-t.core.finished:
			return t.core.over()
		}
	}
}

// tellStopped wakes who waits for the stop, if it has come about.
func (e *Engine) tellStopped() {
	if e.held {
		e.wakeStopped()
	}
}

func (e *Engine) wakeStopped() {
	if e.stoppedc != nil {
		close(e.stoppedc)
		e.stoppedc = nil
	}
}
