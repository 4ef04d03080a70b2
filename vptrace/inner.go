package vptrace

import (
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/notify"
)

// The kernel allows a thread one listener (has_duplicate_listener in
// kernel/seccomp.c), and that is ours. A program that installs a filter with one of
// its own gets a descriptor that looks like it, and the filter with the calls in
// question sent to the tracer. From there we send them on to our own listener, so
// that they wait as calls do that wait for an answer; what the program asks of its
// listener we carry out on ours.

// innerMessage is what such a filter tells.
const innerMessage = 0x7575

// inner is a listener that a program has asked for. It lives as long as threads
// are under its filter.
type inner struct {
	s      *Server
	double *notify.Double
	guards map[int]*guard
	// calls are those that wait for an answer, oldest first.
	calls []*guard
	// receivers are the calls that wait for those.
	receivers []receiver
	// id is that of the call that came last.
	id uint64
	// killable: signals do not break off calls that have been received.
	killable bool
	// closed: nobody has the descriptor any more.
	closed bool
}

// guard is the engine of a thread under such a filter.
type guard struct {
	in     *inner
	engine *utrace.Engine
	tid    int
	state  guardState
	// number is that of the call, which is another one while it waits.
	number uint64
	// id is that which the program knows the call by: they are consecutive, as
	// those of a listener are.
	id uint64
	// call is the notification, from and place where it was received and kept.
	call   notify.Call
	from   *notify.Listener
	place  int32
	shield shield
	// late is the answer to a killable call that was on its way back to us.
	late *reply
}

type guardState uint8

const (
	idle     guardState = iota
	asks                // on the way to our listener
	sent                // it waits, and nobody has received it
	received            // it waits for an answer
	answered            // it has it
	goesOn              // the answer is to make the call
)

const guardEvents = utrace.EventVerdict | utrace.EventClone | utrace.EventExec | utrace.EventDeath

// guard puts a thread under the filter.
func (in *inner) guard(r *utrace.Report, tid int) error {
	g := &guard{in: in, tid: tid}
	e, err := r.Attach(tid, g, utrace.WithName("seccomp listener"), utrace.WithLayer(nearKernel), utrace.WithEvents(guardEvents))
	if err != nil {
		return err
	}
	g.engine = e
	in.guards[tid], in.s.guards[tid] = g, g
	return nil
}

// ReportVerdict sends a call to our listener. The kernel asks the filters again
// about a number that the tracer has set (__seccomp_filter in kernel/seccomp.c).
func (g *guard) ReportVerdict(r *utrace.Report, c *utrace.Syscall, data uint32) utrace.Action {
	if data != innerMessage {
		return utrace.Resume
	}
	if g.state == goesOn {
		g.state = idle
		return utrace.Resume
	}
	number, ok := numberOf("ptrace", c.Arch())
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if !ok || err != nil || g.engine.SetEvents(guardEvents|utrace.EventSyscallExit) != nil {
		return utrace.Resume
	}
	g.number = abi.SyscallNumber(gpr)
	if !g.shield.up {
		g.state = asks
	}
	abi.SetSyscallNumber(gpr, number)
	_ = r.WriteRegset(ntPRStatus, gpr)
	return utrace.Resume
}

// asking reports whether a notification of the thread is that of such a call.
func (g *guard) asking() bool { return g.state == asks || g.shield.up }

// arrives is told of the notification.
func (g *guard) arrives(c *call) {
	in := g.in
	switch {
	case g.shield.up:
		g.returns(c)
		return
	case in.closed:
		in.s.answer(c, 0, enosys)
		return
	}
	g.call, g.from, g.state = in.s.ledger.In().Call, c.from, sent
	g.place = in.s.ledger.Keep()
	in.id++
	g.id = in.id
	in.calls = append(in.calls, g)
	in.double.Ready()
	in.hand()
}

// forget is called when a call does not wait any more.
func (g *guard) forget() {
	if i := slices.Index(g.in.calls, g); i >= 0 {
		g.in.calls = slices.Delete(g.in.calls, i, i+1)
		g.in.s.ledger.Drop(g.place)
	}
}

// ReportSyscallExit is the end of a wait: by an answer, or by a signal.
func (g *guard) ReportSyscallExit(r *utrace.Report, _ *utrace.Syscall) utrace.Action {
	if g.killable() {
		g.shieldFrom(r)
		return utrace.Resume
	}
	g.unshield(r)
	g.forget()
	_ = g.engine.SetEvents(guardEvents)
	if g.state == idle {
		return utrace.Resume
	}
	g.restore(r, g.state == goesOn)
	if g.state != goesOn {
		g.state = idle
	}
	return utrace.Resume
}

// restore gives the program its call's number back, at the exit.
func (g *guard) restore(r *utrace.Report, again bool) {
	var b [512]byte
	if gpr, abi, err := general(r, b[:]); err == nil {
		abi.SetSyscallNumber(gpr, g.number)
		if again {
			abi.Restart(gpr)
		}
		_ = r.WriteRegset(ntPRStatus, gpr)
	}
}

// reply is the answer to a call: a value, an error, or that it is to be made.
type reply struct {
	value int64
	errno syscall.Errno
	goOn  bool
}

// answer ends the wait of a call. ENOENT: it does not wait any more.
func (g *guard) answer(a reply) syscall.Errno {
	err := g.give(a)
	if err != nil && g.killable() {
		g.late, err = &a, nil
	}
	g.forget()
	return errnoOf(err, enoent)
}

// give sends the answer.
func (g *guard) give(a reply) error {
	err := g.from.Return(g.call.ID, a.value, a.errno)
	switch {
	case err != nil && g.killable():
	case a.goOn:
		g.state = goesOn
	default:
		g.state = answered
	}
	return err
}

// waits reports whether the call waits still.
func (g *guard) waits() bool {
	return g.killable() || (g.state == sent || g.state == received) && g.from.Valid(g.call.ID)
}

// ReportClone: filters are inherited.
func (g *guard) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	if c.Thread != nil {
		_ = g.in.guard(r, c.ID) // or it has been killed
	}
	return utrace.Resume
}

// ReportExec follows a thread that has taken the leader's id over.
func (g *guard) ReportExec(r *utrace.Report, _ int) utrace.Action {
	if now := r.Thread().ID(); now != g.tid {
		delete(g.in.guards, g.tid)
		delete(g.in.s.guards, g.tid)
		g.tid = now
		g.in.guards[now], g.in.s.guards[now] = g, g
	}
	return utrace.Resume
}

// ReportDeath forgets the thread, and with the last one the listener.
func (g *guard) ReportDeath(*utrace.Report, *utrace.Death) utrace.Action {
	in := g.in
	g.forget()
	if in.guards[g.tid] == g {
		delete(in.guards, g.tid)
		delete(in.s.guards, g.tid)
	}
	if len(in.guards) == 0 {
		in.end()
	}
	return utrace.Detach
}

// end has the program see that nobody is under the filter.
func (in *inner) end() {
	for _, w := range in.receivers {
		w.end(in.s, enoent)
	}
	in.receivers = nil
	in.close()
}

// close gives the listener up.
func (in *inner) close() {
	if in.closed {
		return
	}
	in.closed = true
	_ = in.s.core.Loop().Unwatch(in.double.Gone())
	in.double.Close()
	delete(in.s.inners, in.double.Inode)
}

// abandoned is called when the program has closed the listener: calls fail with
// ENOSYS (seccomp_notify_detach in kernel/seccomp.c).
func (in *inner) abandoned() {
	in.close()
	for _, g := range slices.Clone(in.calls) {
		g.answer(reply{errno: enosys})
	}
}
