package vptrace

import (
	"context"
	"slices"
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/procfs"
)

// link is the attachment of one tracer to one thread: the handler of an engine.
type link struct {
	tracer *tracer
	// by is the thread that traces.
	by        int
	engine    *utrace.Engine
	tid, tgid int
	// since numbers the links in the order in which they were made.
	since uint64
	// uid is the thread's user, when it was attached.
	uid int
	// seized: by PTRACE_SEIZE. natural: the tracer is the real parent too.
	seized, natural bool
	// maker is, of a child of the tracer's own, the thread that made it.
	maker   int
	options uint32

	state linkState
	// syscalls: the thread was resumed by PTRACE_SYSCALL. emulates: by
	// PTRACE_SYSEMU. quietly: by PTRACE_SYSEMU_SINGLESTEP inside a call.
	syscalls, emulates, quietly bool
	// emulated is the call that is not made, and stays until it has ended.
	emulated *emulation
	// inside: the tracer knows that the thread is in a system call, and so
	// expects a stop at its exit.
	inside bool
	// unbroken: it was not shown that the call is made once more.
	unbroken bool
	stop     stop
	// cut: this stop, or the one before it, has been ended by SIGKILL.
	cut bool
	// interrupt: PTRACE_INTERRUPT was asked of the running thread. Any stop
	// answers it.
	interrupt bool
	// stopSignal: a SIGSTOP is under way, by PTRACE_ATTACH or from the tracer
	// itself, that no other tracer shall see. 0, or its si_code + 1.
	stopSignal stopSource
	// groupFirst: before any stop that was asked for comes the one in which job
	// control has the thread.
	groupFirst bool
	// taking is the attach that waits for the first stop, or nil.
	taking *taking
	// execTrap: the SIGTRAP that tells a legacy tracer of an exec is due.
	execTrap bool
	// ours is a signal that this tracer has sent on from a stop that was none
	// of the thread's own. It is not reported to it once more.
	ours int
	// mode is how the tracer has resumed the thread.
	mode utrace.Action
	// trapAddr is the breakpoint that was hit, while the tracer has not set
	// the program counter: it sees it behind the instruction, where the
	// hardware leaves it.
	trapAddr uint64
	// seen is the program counter that the tracer sees, if another one has
	// set it since; else 0.
	seen uint64
	// away: the tracer has sent the thread to text that it has written.
	away excursion
	// lent: the thread makes a step for another tracer.
	lent  bool
	debug debugRegisters
	// zombie: it is a leader that has ended before other threads.
	zombie bool
	// last is, of a leader that has ended before other threads, the end of the
	// last of these, which is told together with the leader's.
	last *end
	// bond is what a successor is to know of the link.
	bond *ledger.Bond
	// mirror says at which end of which system call the thread is.
	mirror callMirror
}

// linkState is what the tracer's thread is doing, from the tracer's view.
type linkState uint8

const (
	runs linkState = iota
	stopped
	listens // in a group-stop, by PTRACE_LISTEN
	gone
)

// stopSource says where a virtual SIGSTOP comes from.
type stopSource uint8

const (
	noStop stopSource = iota
	fromAttach
	fromTkill
	fromBirth
)

// stop is a virtual stop.
type stop struct {
	// status is the wait status, without the low byte: the signal, and the
	// event above it.
	code   int
	kind   stopKind
	msg    uint64 // PTRACE_GETEVENTMSG
	waited bool
	seq    uint64
	info   utrace.Siginfo // where known is set
	known  bool
}

// stopKind says what can be asked about a stop, and how it ends.
type stopKind uint8

const (
	stopSyscall stopKind = iota
	stopEvent
	// stopSignalled: a signal-delivery-stop, the engine has suspended the pass.
	stopSignalled
	// stopTrapped: a trap that tracing made.
	stopTrapped
	// stopGroup: job control.
	stopGroup
	// stopMade: the thread reports none; a SIGSTOP or SIGTRAP of our own.
	stopMade
)

// callMirror is what PTRACE_GET_SYSCALL_INFO says at a system call stop.
type callMirror struct {
	op     uint8 // PTRACE_SYSCALL_INFO_*
	stale  bool  // the registers have been changed since
	failed bool
	arch   uint32
	pc, sp uint64
	nr     uint64
	args   [6]uint64
	result int64
}

const (
	infoNone, infoEntry, infoExit, infoSeccomp = 0, 1, 2, 3
	messageEntry, messageExit                  = 1, 2
	everySignal                                = utrace.EventSignalAll
	always                                     = everySignal | utrace.EventExec | utrace.EventDeath | utrace.EventReap | utrace.EventJobControl | utrace.EventTrap | utrace.EventClone
	syscallEvents                              = utrace.EventSyscallEntry | utrace.EventSyscallExit
)

// mask is what the engine wants, as the link stands.
func (l *link) mask() utrace.Events {
	m := always
	if l.syscalls || l.emulates || l.emulated != nil {
		m |= syscallEvents
	}
	if l.options&optSeccomp != 0 {
		m |= utrace.EventVerdict
	}
	if l.options&optVforkDone != 0 {
		m |= utrace.EventVforkDone
	}
	if l.options&optExit != 0 {
		m |= utrace.EventExit
	}
	if (l.wanted() || l.execTrap && !l.syscalls) && l.state != stopped || l.writesWait() {
		m |= utrace.EventQuiesce // the stop is going to be reported by it
	}
	return m
}

// remask tells the engine what it wants now.
func (l *link) remask() {
	if m := l.mask(); m != l.engine.Events() {
		_ = l.engine.SetEvents(m)
	}
}

// wanted reports whether a stop was asked for.
func (l *link) wanted() bool { return l.interrupt || l.stopSignal != noStop || l.groupFirst }

// show makes a virtual stop of what the thread reports. The engine holds it.
func (l *link) show(s stop) {
	l.unqueue()
	t := l.tracer
	t.s.seq++
	s.seq = t.s.seq
	l.stop, l.state, l.seen = s, stopped, 0
	l.interrupt, l.lent = false, false
	if l.bond != nil {
		l.bond.Fresh = 0
	}
	l.remask()
	l.taken()
	t.stops = append(t.stops, l)
	t.wake()
	t.tell(l, cldTrapped, s.code&0x7f)
}

// unqueue takes back a stop that was not waited for.
func (l *link) unqueue() {
	t := l.tracer
	if i := slices.Index(t.stops, l); i >= 0 {
		t.stops = slices.Delete(t.stops, i, i+1)
	}
}

// revive notes that the thread has gone on without the tracer: a stop of its
// was made void by SIGKILL.
func (l *link) revive() {
	if l.lent {
		return
	}
	if l.state == stopped || l.state == listens {
		l.cut = l.state == stopped
		l.unqueue()
		l.state, l.trapAddr = runs, 0
	}
}

// showWanted makes the stop that was asked for, in the place where the thread
// is held. An interrupt is answered by it too.
func (l *link) showWanted() {
	if sig := l.engine.Thread().JobStop(); l.groupFirst && sig != 0 {
		l.showGroupStop(sig)
		return
	}
	l.groupFirst = false
	s := stop{kind: stopMade}
	if l.stopSignal != noStop {
		s.code, s.info, s.known = sigstop, l.stopInfo(), true
		l.stopSignal = noStop
	} else {
		s.code = sigtrap | eventStop<<8
		if sig := l.engine.Thread().JobStop(); sig != 0 { // do_jobctl_trap in kernel/signal.c
			s.kind, s.code = stopGroup, sig|eventStop<<8
		}
	}
	l.mirror.op = infoNone
	l.show(s)
}

// putOff reports whether a SIGSTOP is due before which another signal is going to be
// delivered: of the thread's own queue, where that would be, the one with
// the lowest number is, and the process's queue comes after that (next_signal and
// dequeue_signal in kernel/signal.c). What another thread may take instead must not be
// waited for. When the tracer has let the signal go, the stop comes.
func (l *link) putOff() bool {
	if l.stopSignal == noStop {
		return false
	}
	status, err := procfs.ReadStatus(l.tid)
	const before = 1<<(sigstop-1) - 1
	return err == nil && status.Pending&^status.Blocked&before != 0
}

// stopInfo is the siginfo of the SIGSTOP that is due.
func (l *link) stopInfo() (info utrace.Siginfo) {
	info.SetSigno(sigstop)
	switch l.stopSignal {
	case fromAttach:
		info.SetCode(siKernel)
		return info
	case fromBirth: // ptrace_init_task in include/linux/ptrace.h
		return info
	}
	info.SetCode(siTkill)
	info.SetPID(l.tracer.tgid)
	return info
}

// ask has the thread stop for the tracer: at once if another tracer holds it.
func (l *link) ask() {
	if l.state == stopped {
		return // once the tracer resumes it
	}
	l.remask()
	if l.engine.Direct(utrace.Stop) == nil {
		l.showWanted()
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

var background = context.Background()
