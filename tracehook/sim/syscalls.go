package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// Numbers of the system calls that exist, on x86_64.
const (
	nrRead         = 0
	nrWrite        = 1
	nrSigaction    = 13
	nrSigprocmask  = 14
	nrSigreturn    = 15
	nrYield        = 24
	nrPause        = 34
	nrNanosleep    = 35
	nrGetpid       = 39
	nrClone        = 56
	nrFork         = 57
	nrVfork        = 58
	nrExecve       = 59
	nrExit         = 60
	nrWait4        = 61
	nrKill         = 62
	nrGetppid      = 110
	nrSigqueueinfo = 129
	nrGettid       = 186
	nrFutex        = 202
	nrRestart      = 219
	nrExitGroup    = 231
	nrTgkill       = 234
	nrClone3       = 435
)

const auditArch = 0xc000003e // AUDIT_ARCH_X86_64

// Error numbers, and those that never leave the kernel
// (include/linux/errno.h).
const (
	eperm  = int64(syscall.EPERM)
	esrch  = int64(syscall.ESRCH)
	eintr  = int64(syscall.EINTR)
	echild = int64(syscall.ECHILD)
	efault = int64(syscall.EFAULT)
	einval = int64(syscall.EINVAL)
	enoent = int64(syscall.ENOENT)
	enosys = int64(syscall.ENOSYS)

	erestartSys    = 512
	erestartNoHand = 514
	erestartBlock  = 516
)

// result is what a call that returns v leaves in rax.
func result(v int64) uint64 { return uint64(v) }

// outcome says what became of an attempt at a call.
type outcome uint8

const (
	done    outcome = iota
	blocked         // not yet: sleep, and try again when woken
	moved           // the thread is in another phase now
)

// interrupted are the results of a call that a signal interrupted.
var interrupted = [...]int64{
	actor.RestartSys: -erestartSys, actor.RestartNoHand: -erestartNoHand,
	actor.RestartBlock: -erestartBlock, actor.RestartNever: -eintr,
}

// callNumber is the system call that an instruction of a script makes; 0 is
// also what it is if there is none.
func callNumber(in *actor.Instr) uint64 {
	switch in.Op {
	case actor.Getppid:
		return nrGetppid
	case actor.Getpid:
		return nrGetpid
	case actor.Gettid:
		return nrGettid
	case actor.Yield:
		return nrYield
	case actor.Write, actor.Result, actor.Status, actor.Handled:
		return nrWrite
	case actor.Pause:
		return nrPause
	case actor.Sleep:
		return nrNanosleep
	case actor.Await:
		return actor.Calls[in.A].Nr
	case actor.Fork:
		return nrFork
	case actor.Vfork:
		return nrVfork
	case actor.Clone3:
		return nrClone3
	case actor.Thread:
		return nrClone
	case actor.Join:
		return nrFutex
	case actor.Exec, actor.Exec32, actor.Exec64:
		return nrExecve
	case actor.Wait:
		return nrWait4
	case actor.Handle, actor.Ignore, actor.Default:
		return nrSigaction
	case actor.Block, actor.Unblock:
		return nrSigprocmask
	case actor.Kill, actor.KillParent:
		return nrKill
	case actor.Tkill:
		return nrTgkill
	case actor.Sigqueue:
		return nrSigqueueinfo
	case actor.Exit:
		return nrExitGroup
	case actor.ExitThread:
		return nrExit
	case actor.End:
		if actor.Op(in.A) == actor.Thread {
			return nrExit
		}
		return nrExitGroup
	case 0:
		return nrSigreturn
	}
	return nrRead
}

// enterCall is the entry of a system call.
func (t *thread) enterCall() {
	t.phase = inCall
	t.reported = false
	restarted := t.restarting
	t.restarting = false
	t.entered, t.continued = false, restarted
	if t.wantsCall(t.regs[origRax]) {
		t.reported = true
		t.stop(tracehook.Event{Kind: tracehook.SyscallEntry, Syscall: t.call, Restarted: restarted})
	}
}

// wantsCall reports whether the tracer is to hear of a call.
func (t *thread) wantsCall(nr uint64) bool {
	if t.task == nil {
		return false
	}
	armed := t.task.armed
	return armed&tracehook.WantSyscalls != 0 ||
		armed&tracehook.WantFiltered != 0 && slices.Contains(t.proc.picked, nr)
}

// makeCall attempts the call, again after each wake-up.
func (t *thread) makeCall() {
	if t.killed {
		t.phase = toUser
		return
	}
	if !t.entered {
		t.noteEntry() // the tracer has had its say (syscall_trace_enter())
	}
	nr := t.regs[origRax]
	if nr == noCall {
		t.phase = atExit // skipped
		return
	}
	res, how, class := t.attempt(nr)
	switch {
	case how == moved:
		return
	case how == blocked && t.hasWork():
		res = interrupted[class]
		// Only a request to stop, and nothing that belongs to the program:
		// the program must not see EINTR (see the contract, Interrupt).
		t.repair = class == actor.RestartNever && t.trapStop && !t.stopPending && !t.trapNotify &&
			len(t.injected) == 0 && (t.pending.set|t.proc.pending.set)&^t.mask == 0
	case how == blocked:
		t.w.park(t, sleeping)
		return
	}
	t.alarm = 0
	t.w.ledger.Calls[t.id]++
	t.regs[rax] = result(res)
	t.phase = atExit
}

// attempt makes a call, or says that it blocks, and how it is interrupted then.
func (t *thread) attempt(nr uint64) (res int64, how outcome, class actor.Restart) {
	r, p, m := &t.regs, t.proc, t.proc.mm
	a0, a1, a2 := r[rdi], r[rsi], r[rdx]
	if in := t.calling(); in != nil && in.Op == actor.Await && (actor.Calls[in.A].Nr == nr || nr == nrRestart) {
		return 0, blocked, actor.Calls[in.A].Restart
	}
	switch nr {
	case nrGetppid:
		return int64(p.parent.id), done, 0
	case nrGetpid:
		return int64(p.id), done, 0
	case nrGettid:
		return int64(t.id), done, 0
	case nrYield:
		return 0, done, 0
	case nrWrite:
		return t.write(a0, a1, a2), done, 0
	case nrRead:
		if p.output.input == 0 {
			return 0, blocked, actor.RestartSys
		}
		p.output.input--
		return 1, done, 0
	case nrPause:
		return 0, blocked, actor.RestartNoHand
	case nrNanosleep, nrRestart:
		return t.nanosleep(nr, a0)
	case nrFutex:
		if p.live > 1 {
			return 0, blocked, actor.RestartSys
		}
		return 0, done, 0
	case nrFork, nrVfork, nrClone, nrClone3:
		return t.clone(nr, a0)
	case nrExecve:
		return t.startExec(a0)
	case nrExit:
		t.exit(int(a0&0xff) << 8)
		return 0, moved, 0
	case nrExitGroup:
		p.groupExit(int(a0&0xff)<<8, t)
		t.exit(p.status)
		return 0, moved, 0
	case nrWait4:
		return t.wait4(a1, a2)
	case nrSigaction:
		if a0 < 1 || a0 > 64 || a0 == sigKILL || a0 == sigSTOP {
			return -einval, done, 0
		}
		p.actions[a0] = action{m.word(a1), m.word(a1 + 8)}
		return 0, done, 0
	case nrSigprocmask:
		set := m.word(a1) &^ unblockable
		if a0 == 0 {
			t.mask |= set
		} else {
			t.mask &^= set
		}
		return 0, done, 0
	case nrSigreturn:
		return t.sigreturn()
	case nrKill, nrTgkill, nrSigqueueinfo:
		return t.sendCall(nr, a0, a1, a2), done, 0
	}
	return -enosys, done, 0
}

// calling is the statement whose call the thread is in, if it is in the
// script's text.
func (t *thread) calling() *actor.Instr {
	img := t.proc.mm.image
	slot, off, ok := img.slot(t.regs[rip] - 2)
	if !ok || off != offCall {
		return nil
	}
	return img.instr(slot)
}

// leaveCall is the exit of a system call.
func (t *thread) leaveCall() {
	t.phase = toUser
	t.noteExit() // before the tracer has its say (syscall_exit_work())
	if t.stepping != tracehook.Run {
		t.stepped(tracehook.TrapStep)
	}
	if t.reported || t.wantsAll() {
		e := tracehook.Event{Kind: tracehook.SyscallExit, Syscall: t.call}
		e.Syscall.Paired = t.reported
		e.Syscall.Result = int64(t.regs[rax])
		if t.repair {
			e.Syscall.Result = -erestartNoHand // it is going to be restarted
		}
		e.Syscall.Failed = e.Syscall.Result < 0 && e.Syscall.Result >= -4095
		t.reported = false
		t.stop(e)
	}
}

func (t *thread) wantsAll() bool {
	return t.task != nil && t.task.armed&tracehook.WantSyscalls != 0
}

func (t *thread) write(fd, addr, n uint64) int64 {
	buf := make([]byte, min(n, 1<<16))
	got := t.proc.mm.read(addr, buf)
	if got == 0 && n > 0 {
		return -efault
	}
	if fd == 1 {
		t.proc.output.text = append(t.proc.output.text, buf[:got]...)
	}
	return int64(got)
}

func (t *thread) nanosleep(nr, addr uint64) (int64, outcome, actor.Restart) {
	if t.deadline == 0 {
		if nr == nrRestart {
			return -eintr, done, 0 // nothing to restart
		}
		t.deadline = t.w.clock + int64(t.proc.mm.word(addr)*1e9+t.proc.mm.word(addr+8))
	}
	if t.w.clock >= t.deadline {
		t.deadline = 0
		return 0, done, 0
	}
	if t.alarm == 0 {
		t.w.setAlarm(t, t.deadline)
	}
	return 0, blocked, actor.RestartBlock
}

// startExec checks the path and begins to replace the program.
func (t *thread) startExec(path uint64) (int64, outcome, actor.Restart) {
	name, ok := t.proc.mm.cstring(path)
	number, found := strings.CutPrefix(name, "actor/")
	i, err := strconv.Atoi(number)
	img := t.proc.mm.image
	switch {
	case !ok:
		return -efault, done, 0
	case !found || err != nil || i < 0 || i >= len(img.instrs) || img.instrs[i].Len == 0:
		return -enoent, done, 0
	case t.proc.execing != nil || t.proc.exiting:
		return -erestartSys, done, 0 // about to be killed (de_thread())
	}
	t.beginExec(img.program(i))
	return 0, moved, 0
}

// resultText is a result as the statement "result" prints it.
func resultText(v int64) string {
	if v >= 0 || v < -4095 {
		return strconv.FormatInt(v, 10)
	}
	for name, errno := range map[string]int64{
		"EPERM": eperm, "ENOENT": enoent, "ESRCH": esrch, "EINTR": eintr, "ECHILD": echild,
		"EFAULT": efault, "EINVAL": einval, "ENOSYS": enosys,
	} {
		if errno == -v {
			return name
		}
	}
	return "errno " + strconv.FormatInt(-v, 10)
}

// statusText is a wait status as the statement "wait print" prints it.
func statusText(res int64, status int) string {
	switch {
	case res < 0:
		return "wait: " + resultText(res) + "\n"
	case status == 0xffff:
		return "child continued\n"
	case status&0xff == 0x7f:
		return fmt.Sprintf("child stopped %s\n", actor.SignalName(status>>8&0xff))
	case status&0x7f != 0:
		return fmt.Sprintf("child killed %s\n", actor.SignalName(status&0x7f))
	}
	return fmt.Sprintf("child exited %d\n", status>>8&0xff)
}
