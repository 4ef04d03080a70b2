package client

import (
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// kinds are the events of tasks by their names.
var kinds = func() map[string]tracehook.Kind {
	m := map[string]tracehook.Kind{}
	for k := tracehook.SyscallEntry; k <= tracehook.Verdict; k++ {
		m[k.String()] = k
	}
	return m
}()

// take hands an event of the owner's to the handler.
func (l *loop) take(ev *api.Event) {
	t := l.tasks[ev.Task]
	if t == nil {
		return // it was detached meanwhile
	}
	if ev.Event == "withdrawn" {
		t.state = lost
		if l.withdraw != nil {
			l.withdraw(t.id)
		}
		return
	}
	kind, known := kinds[ev.Event]
	if !known {
		return
	}
	t.answer, t.kind, t.seq = api.TaskResume{}, kind, ev.Seq
	if kind.Stops() {
		t.state, t.interrupted = stopped, false
	}
	x := &l.event
	*x = tracehook.Event{Kind: kind, Task: t, Subject: t, Signal: ev.Signal, Data: ev.Data, ParentSignal: ev.Parent}
	if ev.Status != nil {
		x.Status = *ev.Status
	}
	switch kind {
	case tracehook.SyscallEntry, tracehook.SyscallExit, tracehook.Verdict:
		x.Syscall, x.Restarted = t.callOf(kind, ev), ev.Restarted
	case tracehook.Signal:
		t.signalled(ev, x)
	case tracehook.Clone, tracehook.VforkDone:
		x.ChildID, x.CloneFlags = ev.Child, uint64(ev.Flags)
		if ev.Newborn != nil {
			x.Child = l.born(t, ev)
		}
	case tracehook.Exec:
		x.Former = ev.Child
		t.execed(ev)
	case tracehook.Death:
		t.state = gone
	case tracehook.Reap:
		l.forget(t)
	}
	l.handler.Handle(x)
	if t.state == stopped && t.seq == ev.Seq && kind != tracehook.Exit {
		// The owner waits for a word. At an exit, only for the last one.
		_ = l.client.notify(api.MethodHold, api.TaskHold{Attachment: l.core, Task: t.number, Seq: ev.Seq})
	}
}

// callOf is the call that an event is about. Its exit tells of it as it was at the
// entry, whatever we have made of it.
func (t *task) callOf(kind tracehook.Kind, ev *api.Event) tracehook.SyscallInfo {
	s := tracehook.SyscallInfo{Arch: ev.Arch, PC: uint64(ev.PC), SP: uint64(ev.SP), Paired: ev.Paired, Failed: ev.Failed}
	if ev.Number != nil {
		s.Nr = *ev.Number
	}
	for i, v := range ev.Args[:min(len(ev.Args), len(s.Args))] {
		s.Args[i] = uint64(v)
	}
	if ev.Result != nil {
		s.Result = *ev.Result
	}
	switch {
	case kind == tracehook.SyscallEntry:
		t.entry, t.entered = s, true
	case kind == tracehook.SyscallExit:
		if s.Paired = s.Paired && t.entered; s.Paired {
			s.Nr, s.Args = t.entry.Nr, t.entry.Args
		}
		t.entered = false
	}
	return s
}

// signalled takes a signal, or a trap.
func (t *task) signalled(ev *api.Event, x *tracehook.Event) {
	t.info = tracehook.Siginfo{}
	copy(t.info[:], ev.Info)
	if ev.Trap == "" {
		return
	}
	for x.Trap = tracehook.TrapStep; x.Trap < tracehook.TrapHardware && x.Trap.String() != ev.Trap; x.Trap++ {
	}
	x.Addr = uint64(ev.Addr)
	for _, w := range ev.Matched {
		t.hits = append(t.hits, watchOf(&w))
	}
}

// watchOf is a watch of the wire's.
func watchOf(w *api.Watch) regset.Watch {
	x := regset.Watch{Addr: uint64(w.Addr), Len: w.Len}
	for x.Kind < regset.WatchAccess && x.Kind.String() != w.Kind {
		x.Kind++
	}
	return x
}

// born is a new thread, which is stopped. Its interest is its parent's, and a new
// process has a copy of memory in which nothing is planted.
func (l *loop) born(parent *task, ev *api.Event) tracehook.Task {
	child := l.newTask(ev.Newborn, parent.interest)
	child.state, child.kind, child.calls = stopped, tracehook.Quiesce, parent.calls
	if ev.Flags&tracehook.CloneVM != 0 && child.group != parent.group {
		l.traps[child.group] = l.trapsOf(parent.group)
	}
	return child
}

// execed notes that a thread executes another program, maybe under another id.
func (t *task) execed(ev *api.Event) {
	l := t.loop
	if l.threads[t.id] == t {
		delete(l.threads, t.id)
	}
	t.id, t.group, t.abi = ev.Thread, ev.Process, nil
	t.watches, t.slots, t.hits = nil, nil, nil
	l.threads[t.id] = t
	delete(l.traps, t.group)
}
