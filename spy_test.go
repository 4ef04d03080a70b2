package utrace_test

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook"
)

// spy stands between the core and a kernel, and tells a judge what passes.
type spy struct {
	tracehook.Kernel
	judge judge
	tasks map[tracehook.Task]*spyTask
}

// judge hears of every event before the core does, and of every resume before
// the kernel does.
type judge interface {
	happened(t *utrace.Thread, ev *tracehook.Event)
	resumed(t *utrace.Thread, mode tracehook.Mode, signal int)
	injected(t *utrace.Thread, signal int)
	letGo(t *utrace.Thread)
}

func newSpy(k tracehook.Kernel, j judge) *spy {
	return &spy{Kernel: k, judge: j, tasks: map[tracehook.Task]*spyTask{}}
}

func (s *spy) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	l, err := s.Kernel.NewLoop(spyHandler{s, h})
	return &spyLoop{l, s}, err
}

func (s *spy) wrap(t tracehook.Task) *spyTask {
	k := s.tasks[t]
	if k == nil {
		k = &spyTask{Task: t, spy: s}
		s.tasks[t] = k
	}
	return k
}

type spyHandler struct {
	*spy
	h tracehook.Handler
}

func (s spyHandler) Handle(ev *tracehook.Event) {
	ev.Task = s.wrap(ev.Task)
	if ev.Child != nil {
		ev.Child = s.wrap(ev.Child)
	}
	if t, _ := ev.Task.Data().(*utrace.Thread); t != nil {
		s.judge.happened(t, ev)
	}
	s.h.Handle(ev)
}

type spyLoop struct {
	tracehook.Loop
	*spy
}

func (l *spyLoop) Name() string { return "spy" }

func (l *spyLoop) Attach(id int, i tracehook.Interest) (tracehook.Task, error) {
	t, err := l.Loop.Attach(id, i)
	if err != nil {
		return nil, err
	}
	return l.wrap(t), nil
}

type spyTask struct {
	tracehook.Task
	spy    *spy
	thread *utrace.Thread // whose task it was last
}

func (k *spyTask) SetData(v any) {
	if t, ok := v.(*utrace.Thread); ok {
		k.thread = t
	}
	k.Task.SetData(v)
}

func (k *spyTask) Resume(mode tracehook.Mode, signal int) error {
	if t := k.thread; t != nil {
		k.spy.judge.resumed(t, mode, signal)
	}
	return k.Task.Resume(mode, signal)
}

func (k *spyTask) Inject(info *tracehook.Siginfo) error {
	if t := k.thread; t != nil {
		k.spy.judge.injected(t, info.Signo())
	}
	return k.Task.Inject(info)
}

func (k *spyTask) Detach(signal int) error {
	if t := k.thread; t != nil {
		k.spy.judge.letGo(t)
	}
	return k.Task.Detach(signal)
}
