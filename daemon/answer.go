package daemon

import (
	"context"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
)

// describe makes an event's message, and remembers it if it is to be answered.
func (s *session) describe(a *attachment, ev *utrace.StreamEvent) *api.Event {
	s.mu.Lock()
	s.seq++
	seq := s.seq
	delete(s.pending, s.waiting[ev.Engine]) // the thread has gone on from there
	delete(s.waiting, ev.Engine)
	waits := a.stream.Wait&ev.Event != 0 && ev.Event&(utrace.EventDeath|utrace.EventReap) == 0
	if waits {
		s.pending[seq], s.waiting[ev.Engine] = ev, seq
	}
	s.mu.Unlock()
	m := &api.Event{
		Attachment: a.number, Seq: seq, Thread: ev.ID, Process: ev.Engine.Thread().Group(),
		Event: ev.Event.String(), Time: ev.Time.UnixNano(), Waits: waits, Lost: a.stream.Lost(),
	}
	switch {
	case ev.Event&utrace.EventSyscall != 0:
		m.Number, m.Arch, m.PC, m.SP = &ev.Number, ev.Arch, api.Uint64(ev.PC), api.Uint64(ev.SP)
		for _, arg := range ev.Args {
			m.Args = append(m.Args, api.Uint64(arg))
		}
		if ev.Event == utrace.EventSyscallExit {
			m.Result, m.Failed = &ev.Result, ev.Failed
		}
	case ev.Event&utrace.EventSignalAll != 0:
		m.Signal, m.Info = ev.Signal.Signo(), ev.Signal[:]
	case ev.Event&(utrace.EventClone|utrace.EventVforkDone|utrace.EventExec) != 0:
		m.Child, m.Flags = ev.Child, api.Uint64(ev.CloneFlags)
	case ev.Event&(utrace.EventExit|utrace.EventDeath|utrace.EventReap) != 0:
		status := int(ev.Status)
		m.Status, m.Parent = &status, ev.ParentSignal
	case ev.Event == utrace.EventJobControl:
		m.Stop, m.Signal = &ev.JobControl.Stopped, ev.JobControl.Signal
	case ev.Event&(utrace.EventTrap|utrace.EventForeignTrap) != 0:
		m.Trap, m.Addr = ev.Trap.String(), api.Uint64(ev.Addr)
	}
	return m
}

// actionOf reads the name of an action.
func actionOf(name string) (utrace.Action, error) {
	switch name {
	case "":
		return utrace.Resume, nil
	case "step":
		return utrace.SingleStep, nil
	}
	for a := utrace.Detach; a <= utrace.Stop; a++ {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: there is no action %q", errParams, name)
}

func answer(c *call) (any, error) {
	var p api.Answer
	if err := c.want(&p); err != nil {
		return nil, err
	}
	action, err := actionOf(p.Action)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	ev := c.pending[p.Seq]
	c.mu.Unlock()
	if ev == nil {
		return nil, fmt.Errorf("event %d waits for no answer: %w", p.Seq, utrace.ErrTooLate)
	}
	switch {
	case ev.Event&utrace.EventSyscall != 0:
		err = answerSyscall(c.ctx, ev, action, &p)
	case ev.Event&utrace.EventSignalAll != 0:
		err = answerSignal(c.ctx, ev, action, &p)
	case p.Call != "" || p.Signal != "" || p.Number != nil || p.Args != nil || p.Result != nil || p.Info != nil:
		return nil, fmt.Errorf("%w: event %d is neither a system call nor a signal", errParams, p.Seq)
	default:
		err = ev.Answer(c.ctx, action)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[p.Seq] == ev {
		delete(c.pending, p.Seq)
		delete(c.waiting, ev.Engine)
	}
	return struct{}{}, nil
}

func answerSyscall(ctx context.Context, ev *utrace.StreamEvent, action utrace.Action, p *api.Answer) error {
	answer := utrace.SyscallAnswer{Action: action}
	entry := ev.Event == utrace.EventSyscallEntry
	switch {
	case p.Signal != "" || p.Info != nil:
		return fmt.Errorf("%w: event %d is no signal", errParams, p.Seq)
	case !entry && (p.Call != "" || p.Number != nil || p.Args != nil):
		return fmt.Errorf("%w: the call of event %d has been made", errParams, p.Seq)
	case p.Call == "abort":
		answer.Call = utrace.AbortCall
	case p.Call == "run":
		answer.Call = utrace.RunCall
	case p.Call != "":
		return fmt.Errorf("%w: call is %q, neither run nor abort", errParams, p.Call)
	case entry && p.Result != nil:
		return fmt.Errorf("%w: a result without the call being aborted", errParams)
	}
	if len(p.Args) != 0 && len(p.Args) != 6 {
		return fmt.Errorf("%w: %d arguments; a call has 6", errParams, len(p.Args))
	}
	if p.Call == "" && p.Number == nil && p.Args == nil && p.Result == nil {
		return ev.Answer(ctx, action)
	}
	return ev.AnswerSyscall(ctx, answer, func(s *utrace.Syscall) {
		if p.Number != nil {
			s.SetNumber(*p.Number)
		}
		for i, v := range p.Args {
			s.SetArg(i, uint64(v))
		}
		if p.Result != nil {
			s.SetResult(*p.Result)
		}
	})
}

func answerSignal(ctx context.Context, ev *utrace.StreamEvent, action utrace.Action, p *api.Answer) error {
	answer := utrace.SignalAnswer{Action: action}
	if p.Call != "" || p.Number != nil || p.Args != nil || p.Result != nil {
		return fmt.Errorf("%w: event %d is no system call", errParams, p.Seq)
	}
	if p.Signal != "" {
		for answer.Do = utrace.Deliver; answer.Do.String() != p.Signal; answer.Do++ {
			if answer.Do > utrace.TerminalStop {
				return fmt.Errorf("%w: signal is %q", errParams, p.Signal)
			}
		}
	}
	if p.Info != nil {
		info, err := infoOf(p.Info)
		if err != nil {
			return err
		}
		err = ev.Engine.Thread().Core().Do(ctx, func() error {
			r, err := ev.Engine.Held()
			if err != nil {
				return err
			}
			if g := r.Signal(); g != nil {
				return g.SetInfo(info)
			}
			return utrace.ErrTooLate
		})
		if err != nil {
			return err
		}
	}
	return ev.AnswerSignal(ctx, answer)
}

func infoOf(b []byte) (info utrace.Siginfo, err error) {
	if len(b) != len(info) {
		return info, fmt.Errorf("%w: a siginfo of %d bytes; it has %d", errParams, len(b), len(info))
	}
	copy(info[:], b)
	return info, nil
}

func control(c *call) (any, error) {
	var p api.Control
	if err := c.want(&p); err != nil {
		return nil, err
	}
	action, err := actionOf(p.Action)
	if err != nil {
		return nil, err
	}
	engines, err := c.some(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	var result api.Controlled
	for i, err := range c.core.ControlAll(c.ctx, engines, action) {
		switch {
		case err == utrace.ErrInProgress:
			result.InProgress = true
		case err != nil && (len(engines) == 1 || errnoOf(err) != errnoOf(utrace.ErrGone)):
			return nil, fmt.Errorf("thread %d: %w", engines[i].Thread().ID(), err)
		}
	}
	if !p.Wait || action != utrace.Stop {
		return result, nil
	}
	for _, e := range engines {
		if err := e.WaitStopped(c.ctx); err != nil && (len(engines) == 1 || errnoOf(err) != errnoOf(utrace.ErrGone)) {
			return nil, err
		}
	}
	return api.Controlled{}, nil
}

func inject(c *call) (any, error) {
	var p api.Inject
	if err := c.want(&p); err != nil {
		return nil, err
	}
	info, err := infoOf(p.Info)
	if err != nil {
		return nil, err
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	return done(e.Inject(c.ctx, info))
}
