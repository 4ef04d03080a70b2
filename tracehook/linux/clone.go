package linux

import (
	"encoding/binary"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// A birth shows twice: the parent stops with an event that names the child, and
// the child stops before it runs. Which of the two is read first is not
// promised (ptrace(2)), and the child, or the parent, may be killed in between.

// cloneStop is the parent's side.
func (t *task) cloneStop(event int) {
	t.stop = stopEvent
	msg, err := ptrace.GetEventMsg(t.tid)
	if err != nil {
		t.killed()
		return
	}
	t.birth = birth{child: int(msg)}
	if t.wants(tracehook.WantClones) && !t.parting {
		t.birth.flags = t.cloneFlags(event)
	}
	b := &t.l.births
	if a, ok := b.early[t.birth.child]; ok {
		delete(b.early, t.birth.child)
		t.gaveBirth(a.stop)
		return
	}
	t.state, t.birth.at = pairing, time.Now()
	b.parents[t.birth.child] = t
	t.l.sweepLater()
}

// misread reports whether the parent had left its clone event for its end
// already when the id of the child was asked for: the message was then that of
// the exit stop, and there is no child by this number to wait for. The true
// one is left to sweep.
func (t *task) misread(status syscall.WaitStatus) bool {
	if eventOf(status) != ptrace.EventExit {
		return false
	}
	if msg, err := ptrace.GetEventMsg(t.tid); err != nil || int(msg) != t.birth.child {
		return false
	}
	delete(t.l.births.parents, t.birth.child)
	return true
}

// stranger is the child's side: a status of a thread that is no task.
func (l *Loop) stranger(tid int, status syscall.WaitStatus) {
	stop := 0
	if status.Stopped() {
		stop = int(status.StopSignal())
		if eventOf(status) == ptrace.EventExit {
			// Killed before its birth was reported; nobody holds it back.
			_ = ptrace.Cont(tid, 0)
			stop = 0
		}
	}
	if parent := l.births.parents[tid]; parent != nil {
		delete(l.births.parents, tid)
		parent.gaveBirth(stop)
		return
	}
	if l.stage != open && stop != 0 {
		_ = ptrace.Detach(tid, 0)
		return
	}
	l.births.early[tid] = arrival{stop: stop, at: time.Now()}
	l.sweepLater()
}

// gaveBirth reports the Clone of a task whose child has stopped with a signal,
// or has died (stop 0).
func (t *task) gaveBirth(stop int) {
	t.state = stopped
	if t.hasParked {
		// The parent was killed: it is not in its clone event any more.
		t.later(dueParked)
		t.doomed = true
	}
	id := t.birth.child
	if t.parting || !t.wants(tracehook.WantClones) {
		if stop != 0 {
			_ = ptrace.Detach(id, 0)
		}
		if !t.hasParked {
			t.pass(0)
		}
		return
	}
	ev := t.l.event(tracehook.Clone)
	ev.ChildID, ev.CloneFlags = id, t.birth.flags
	if stop != 0 {
		ev.Child = t.child(stop)
	}
	t.deliver()
}

// child makes the task of a newborn. The kernel has given it the options of its
// parent.
func (t *task) child(stop int) *task {
	c := &task{l: t.l, tid: t.birth.child, abi: t.abi,
		state: stopped, stop: stopEvent, newborn: true,
		want: t.want, options: t.options, filtered: t.filtered}
	if t.birth.flags&tracehook.CloneThread != 0 {
		c.group = t.l.joinGroup(t.group.tgid)
	} else {
		c.group = t.l.joinGroup(c.tid)
	}
	if stop != int(syscall.SIGTRAP) {
		c.groupSig = stop
	}
	t.l.tasks.put(c)
	return c
}

// cloneNumbers are the calls of an ABI that make children without saying how.
type cloneNumbers struct{ fork, vfork uint64 }

// x32Bit marks the numbers of the x32 ABI within AUDIT_ARCH_X86_64.
const x32Bit = 0x40000000

// forks is indexed by AUDIT_ARCH_*. Machines that have only clone and clone3
// (arm64, riscv64) are not in it.
var forks = map[uint32]cloneNumbers{
	0xc000003e: {57, 58}, // x86_64
	0x40000003: {2, 190}, // i386
	0x40000028: {2, 190}, // arm
	0x80000016: {2, 190}, // s390x
	0xc0000015: {2, 189}, // ppc64le
}

// clone3Number is the same on all machines, as for all calls since Linux 5.1.
const clone3Number = 435

// cloneFlags finds out with which flags a child was made; the low byte is the
// exit signal, as in clone(2).
func (t *task) cloneFlags(event int) uint64 {
	// What the kind of event alone says (kernel_clone in kernel/fork.c).
	var flags uint64
	switch event {
	case ptrace.EventFork:
		flags = uint64(syscall.SIGCHLD)
	case ptrace.EventVfork:
		flags = tracehook.CloneVM | tracehook.CloneVfork | uint64(syscall.SIGCHLD)
	}
	info := &t.l.call
	if _, err := ptrace.GetSyscallInfo(t.tid, info); err != nil {
		return flags
	}
	gpr, err := t.general()
	if err != nil {
		return flags
	}
	abi := t.callABI(gpr)
	nr, args := abi.SyscallNumber(gpr)&^x32Bit, [2]uint64{abi.Arg(gpr, 0), abi.Arg(gpr, 1)}
	if _, ok := abi.(regset.CallApart); ok {
		call, err := procfs.ReadSyscall(t.tid)
		if err != nil {
			return flags
		}
		nr, args = uint64(call.Number), [2]uint64(call.Args[:])
	}
	switch known := forks[info.Arch]; {
	case nr == clone3Number:
		// struct clone_args: flags at 0, exit_signal at 32.
		var s [40]byte
		if n, _ := t.peek(args[0], s[:]); n == len(s) {
			flags = binary.NativeEndian.Uint64(s[:]) | binary.NativeEndian.Uint64(s[32:])
		}
	case known != cloneNumbers{} && (nr == known.fork || nr == known.vfork):
	case info.Arch == auditArchS390X:
		flags = args[1] // CONFIG_CLONE_BACKWARDS2
	default:
		flags = args[0]
	}
	return flags
}
