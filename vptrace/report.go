package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/internal/procfs"
)

// ReportQuiesce makes the stop that was asked for, unless the thread is in an
// event that the link is going to be told of.
func (l *link) ReportQuiesce(r *utrace.Report, cause utrace.Events) utrace.Action {
	switch {
	case l.state == gone && cause != utrace.EventDeath:
		return l.left(r)
	case cause == utrace.EventExit || cause == utrace.EventDeath:
		// Nothing stops a thread that exits: the request has come too late.
		l.interrupt, l.stopSignal = false, noStop
		l.taken()
		_ = l.engine.Control(background, utrace.Resume)
		return utrace.Resume
	}
	if l.writesWait() {
		l.write(r)
		l.remask()
	}
	switch {
	case cause != 0:
		return l.onward()
	case l.state == stopped:
		return utrace.Stop
	case l.execTrap && l.state == runs && !l.syscalls:
		l.showExecTrap()
		return utrace.Stop
	case !l.wanted(), l.putOff():
		return l.onward()
	}
	l.showWanted()
	return utrace.Stop
}

// ReportSyscallEntry is the stop of PTRACE_SYSCALL. The kernel makes one at each
// entry, however often it is reported to engines that ask for that.
func (l *link) ReportSyscallEntry(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	l.revive()
	if l.state != runs || !l.syscalls && !l.emulates || s.Resumed() {
		return utrace.SyscallAnswer{Action: l.onward()}
	}
	l.inside = true
	entered := callMirror{op: infoEntry, arch: s.Arch(), pc: s.PC(), sp: s.SP(), nr: s.Number(), args: s.Args()}
	if l.unbroken && entered == l.mirror {
		l.unbroken = false
		return utrace.SyscallAnswer{Action: l.onward()}
	}
	l.unbroken, l.mirror = false, entered
	l.showSyscall(messageEntry)
	if l.emulates {
		l.emulated = &emulation{}
		return utrace.SyscallAnswer{Action: utrace.Stop, Call: utrace.AbortCall}
	}
	return utrace.SyscallAnswer{Action: utrace.Stop}
}

// ReportVerdict is PTRACE_EVENT_SECCOMP. Like the kernel it comes behind the stop
// at the entry, if there is one, and the next is the exit's.
func (l *link) ReportVerdict(_ *utrace.Report, s *utrace.Syscall, data uint32) utrace.Action {
	l.revive()
	if l.state != runs || l.tracer.s.ownVerdict(l.tid, data) {
		return l.onward()
	}
	l.inside = true
	l.show(stop{kind: stopEvent, code: sigtrap | eventSeccomp<<8, msg: uint64(data)})
	return utrace.Stop
}

// ReportSyscallExit likewise. A tracer that has been given its first stop inside
// a system call, because another one holds the thread there, is not shown the
// exit: no kernel would, and strace would take it for an entry from then on.
func (l *link) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	l.revive()
	if l.emulated != nil {
		return l.emulationEnds(r, s)
	}
	if l.inside && l.tracer.s.hides(l.tid, s.Result()) {
		l.unbroken = true
		return l.onward()
	}
	inside := l.inside
	l.inside = false
	if l.state != runs || !l.syscalls || !inside {
		return l.onward()
	}
	l.showExit(s)
	return utrace.Stop
}

func (l *link) showExit(s *utrace.Syscall) {
	l.mirror = callMirror{op: infoExit, arch: s.Arch(), pc: s.PC(), sp: s.SP(), result: s.Result(), failed: s.Failed()}
	l.showSyscall(messageExit)
}

func (l *link) showSyscall(msg uint64) {
	s := stop{kind: stopSyscall, code: sigtrap, msg: msg}
	if l.options&optSysGood != 0 {
		s.code = sysTrap
	}
	l.show(s)
}

// ReportSignal is a signal-delivery-stop. The tracers see a signal one after the
// other, each what the one before it has passed on. First comes who has sent it: a
// debugger stops a program by a signal, of ^C for instance, and drops that.
func (l *link) ReportSignal(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	l.revive()
	if s.Pass() != utrace.Dequeued || l.state == gone || l.lent {
		return utrace.SignalAnswer{Action: l.onward()}
	}
	switch n := s.Number(); {
	case n == 0 || s.Dropped():
		return utrace.SignalAnswer{Action: l.onwardAsked()} // dropped by a tracer before this one
	case n == l.ours:
		l.ours = 0
		return utrace.SignalAnswer{Action: l.onwardAsked()} // a step leads into its handler
	}
	if !s.Again() && l.fromAnother(s) {
		return utrace.SignalAnswer{Action: l.onward(), Later: true}
	}
	l.exactly(s)
	if l.bond != nil && s.Number() == sigstop {
		if info, err := s.Info(); err == nil && info.PID() == l.tgid {
			l.bond.Status = sigstop
		}
	}
	l.mirror.op = infoNone
	l.show(stop{kind: stopSignalled, code: s.Number()})
	return utrace.SignalAnswer{Action: utrace.Stop}
}

// fromAnother reports whether another tracer of the thread has sent the signal.
func (l *link) fromAnother(g *utrace.Signal) bool {
	if len(l.tracer.s.tracers) < 2 {
		return false
	}
	info, err := g.Info()
	if err != nil || info.Code() != siUser && info.Code() != siTkill {
		return false
	}
	sender := l.tracer.s.tracers[info.PID()]
	return sender != nil && sender != l.tracer && sender.links[l.tid] != nil
}

// ReportTrap is about the tracer's own steps, breakpoints and debug registers.
func (l *link) ReportTrap(r *utrace.Report, x *utrace.Trap) utrace.Action {
	if l.giveBack() {
		return utrace.Stop
	}
	l.revive()
	if l.state == gone {
		return l.left(r)
	}
	if l.endsCall(r, x) {
		return l.onward()
	}
	l.trapAddr = 0
	if x.Kind == utrace.TrapBreakpoint {
		l.trapAddr = x.Addr
	}
	l.matched(x)
	l.mirror.op = infoNone
	s := stop{kind: stopTrapped, code: sigtrap}
	addr, struck := l.struck(x)
	if struck || x.Kind == utrace.TrapHardware {
		s.info, s.known = debugInfo(r)
	}
	if struck {
		s.info.SetAddr(addr)
	}
	l.show(s)
	return utrace.Stop
}

// ReportJobControl is a group-stop, or its end for those who listen.
func (l *link) ReportJobControl(_ *utrace.Report, j utrace.JobControl) utrace.Action {
	listened := l.state == listens
	if !listened {
		l.revive()
	}
	switch {
	case l.state == gone:
		return utrace.Detach
	case j.Stopped:
		l.showGroupStop(j.Signal)
		return utrace.Stop
	case listened:
		l.mirror.op = infoNone
		l.show(stop{kind: stopMade, code: sigtrap | eventStop<<8})
		return utrace.Stop
	}
	return l.onward()
}

func (l *link) showGroupStop(signal int) {
	l.groupFirst = false
	s := stop{kind: stopGroup, code: signal}
	if l.seized {
		s.code |= eventStop << 8
	}
	l.mirror.op = infoNone
	l.show(s)
}

// ReportClone is PTRACE_EVENT_FORK and its relatives. The newborn is traced with
// the same options, and stopped.
func (l *link) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	l.revive()
	option, event := uint32(optFork), eventFork
	switch {
	case c.Vfork():
		option, event = optVfork, eventVfork
	case c.Flags&exitSignalMask != sigchld:
		option, event = optClone, eventClone
	}
	traced := l.options&option != 0
	if l.state != runs || !traced && c.Flags&clonePtrace == 0 {
		return l.onward()
	}
	if c.Thread != nil {
		l.adopt(r, c)
	}
	if !traced {
		return l.onward()
	}
	l.event(event, uint64(c.ID))
	return utrace.Stop
}

// adopt makes the newborn's link.
func (l *link) adopt(r *utrace.Report, c *utrace.Clone) {
	t := l.tracer
	child, err := t.link(l.by, c.ID, c.Thread.Group(), l.seized, l.options, r.Attach)
	if err != nil {
		return // it has been killed
	}
	// It has its parent's dr6 and dr7, but nothing is behind them (copy_thread).
	child.debug.status, child.debug.control = l.debug.status, l.debug.control
	child.uid = l.uid
	switch {
	case c.NewProcess() && c.Flags&cloneVM != 0:
		t.shareMemory(l.tgid, child.tgid)
	case c.NewProcess():
		// As a fork copies what a debugger has planted, which it knows.
		for addr, insn := range t.traps[l.tgid] {
			if l.engine.Planted(addr) && child.engine.PlantTrap(background, addr) == nil {
				t.noteTrap(child.tgid, addr, insn)
			}
		}
	}
	if l.seized {
		child.interrupt = true
	} else {
		child.stopSignal = fromBirth
	}
	child.ask()
}

// event shows a ptrace event.
func (l *link) event(event int, msg uint64) {
	l.mirror.op = infoNone
	l.inside = event != eventExit // all but that happen inside a call
	if event != eventExit {       // the others tell of a thread
		msg = uint64(l.tracer.s.ids.out(l.tracer.tgid, int(msg)))
	}
	l.show(stop{kind: stopEvent, code: sigtrap | event<<8, msg: msg})
}

// ReportVforkDone is PTRACE_EVENT_VFORK_DONE.
func (l *link) ReportVforkDone(_ *utrace.Report, child int) utrace.Action {
	l.revive()
	if l.state != runs {
		return l.onward()
	}
	l.event(eventVforkDone, uint64(child))
	return utrace.Stop
}

// ReportExec is PTRACE_EVENT_EXEC. A legacy tracer that has not asked for it
// gets a SIGTRAP (ptrace_event in include/linux/ptrace.h), which the kernel
// delivers when the call has returned.
func (l *link) ReportExec(r *utrace.Report, former int) utrace.Action {
	l.revive()
	t := l.tracer
	if now := r.Thread().ID(); former != now {
		delete(t.links, l.tid)
		defer t.recheck()
		l.tid = now
		t.links[now] = l
		if l.bond != nil {
			l.bond.Thread = int32(now)
		}
		t.forgetEnd(now)
		if status, err := procfs.ReadStatus(now); err == nil {
			l.natural = status.Parent == t.tgid
		}
	}
	delete(t.traps, l.tgid)
	delete(t.text, l.tgid)
	l.away = excursion{}
	l.tgid, l.debug, l.trapAddr = r.Thread().Group(), debugRegisters{}, 0
	switch {
	case l.state == gone:
		return utrace.Detach
	case denial.May(t.tgid, l.tid) != nil:
		// A set-user-id program, which for this tracer the kernel would have
		// executed without the privileges (bprm_creds_from_file): to us, who
		// have more, it gives them.
		t.unlink(l)
		defer t.recheck()
		return utrace.Detach
	case l.options&optExec != 0:
		l.event(eventExec, uint64(former))
		return utrace.Stop
	case !l.seized && l.syscalls:
		l.execTrap = true // behind the stop at the call's exit
	case !l.seized:
		l.execTrap = true
		l.remask()
		return utrace.ReportSoon // behind the call
	}
	return utrace.Resume
}

func (l *link) showExecTrap() {
	l.execTrap = false
	s := stop{kind: stopMade, code: sigtrap, known: true}
	s.info.SetSigno(sigtrap)
	s.info.SetPID(l.tid)
	l.mirror.op = infoNone
	l.show(s)
}

// ReportExit is PTRACE_EVENT_EXIT.
func (l *link) ReportExit(_ *utrace.Report, status utrace.Status) utrace.Action {
	l.lent = false
	l.revive()
	if l.state != runs {
		return utrace.Resume
	}
	l.event(eventExit, uint64(status))
	return utrace.Stop
}

// ReportDeath gives the thread's end to its tracer. The natural parent gets it
// from the kernel, which has kept it as a zombie since the tracer, we, has
// waited (wait_task_zombie in kernel/exit.c).
func (l *link) ReportDeath(_ *utrace.Report, d *utrace.Death) utrace.Action {
	l.lent = false
	l.revive()
	t := l.tracer
	if !l.natural && l.tid == l.tgid {
		// A tracer that reaps orphans, as the first process of a PID namespace
		// does, may have become the parent meanwhile.
		status, err := procfs.ReadStatus(l.tid)
		l.natural = err == nil && status.Parent == t.tgid
	}
	switch {
	case l.state == gone:
		return utrace.Detach
	case l.tid == l.tgid && d.Signal == utrace.NoParentSignal:
		// Another thread has taken its id over by an exec, which the tracer is
		// told of, and not of this end (de_thread in fs/exec.c).
		t.unlink(l)
		return utrace.Detach
	case l.natural && d.Signal == utrace.LeaderZombie:
		t.unlink(l)
		t.noteDead(l)
		t.awaitNatural(l.tid)
		t.tell(l, cldExited, int(d.Status)>>8&0xff) // exit_notify in kernel/exit.c: of a tracee it is told at once
		return utrace.Detach
	case l.natural:
		t.unlink(l)
		t.noteDead(l)
		t.putAside(l)
		t.release(l.tid)
		return utrace.Detach
	case d.Signal == utrace.LeaderZombie:
		t.tell(l, cldExited, int(d.Status)>>8&0xff)
		l.awaitLast()
		return utrace.Resume // waited for when the process has ended
	}
	if leader := t.links[l.tgid]; leader != nil && leader != l && !leader.natural && leader.last == nil && over(l.tgid) {
		// For the kernel the leader's end is there as soon as this one is
		// waited for.
		e := l.takeEnd(d.Status)
		leader.last = &e
		if leader.zombie {
			leader.outlived()
		}
		return utrace.Detach
	}
	t.ended(l, d.Status)
	t.recheck()
	return utrace.Detach
}
