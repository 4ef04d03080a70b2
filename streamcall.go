package utrace

import (
	"context"

	"github.com/utrace/utrace/tracehook"
)

// callReply is an answer to a system call that was given while its thread was
// stopped at the entry.
type callReply struct {
	answer SyscallAnswer
	edit   func(*Syscall)
}

// AnswerSyscall answers a waiting SyscallEntry or SyscallExit event. edit, which
// may be nil, is called on the loop, and changes the call like a callback does.
// The entry is reported to all engines once more for that (Syscall.Resumed); the
// stream hears nothing of it. At an exit the answer's Call means nothing.
func (ev *StreamEvent) AnswerSyscall(ctx context.Context, answer SyscallAnswer, edit func(*Syscall)) error {
	e := ev.Engine
	t := e.thread
	return ev.answer(func() error {
		return t.core.Do(ctx, func() error {
			if err := e.examinable(); err != nil {
				return e.errorf("answer", err)
			}
			switch t.at {
			case tracehook.SyscallExit:
				if edit != nil {
					edit(&t.call)
				}
				return t.control(e, answer.Action)
			case tracehook.SyscallEntry:
				ev.stream.keepReply(e, callReply{answer, edit})
				return t.control(e, ReportSoon)
			}
			return e.errorf("answer", ErrInvalid)
		})
	})
}

func (s *Stream) keepReply(e *Engine, reply callReply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[*Engine]callReply{}
	}
	s.calls[e] = reply
}

// reply takes the answer for the repeated report of an entry.
func (s *Stream) reply(e *Engine) (reply callReply, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, ok = s.calls[e]
	delete(s.calls, e)
	return reply, ok
}
