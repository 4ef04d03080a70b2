package sim

import "github.com/utrace/utrace/tracehook"

// Values of si_code of SIGTRAP (include/uapi/asm-generic/siginfo.h, and what
// arch/x86 sets when a step enters a handler).
var trapCodes = [...]int{
	tracehook.TrapStep: 2, tracehook.TrapBlock: 3, tracehook.TrapHandler: 5,
	tracehook.TrapBreakpoint: tracehook.SiKernel, tracehook.TrapHardware: 4,
}

// returnToUser does one thing of what has to be done before user mode, in the
// order of get_signal() in kernel/signal.c.
func (t *thread) returnToUser() {
	p := t.proc
	switch {
	case t.killed:
		if p.exiting {
			t.status = p.status
		}
		t.exit(t.status)
	case t.stopPending:
		t.joinStop()
	case t.trapStop || t.trapNotify:
		t.jobctlTrap()
	case t.trap.kind != tracehook.NoTrap:
		t.takeTrap()
	case len(t.injected) > 0:
		t.sig = t.injected[0]
		t.injected = append(t.injected[:0], t.injected[1:]...)
		t.signalStop(tracehook.NoTrap, 0)
	case t.pending.take(^t.mask, &t.sig), p.pending.take(^t.mask, &t.sig):
		t.signalStop(tracehook.NoTrap, 0)
	default:
		t.restart()
		t.phase = inUser
	}
}

// takeTrap makes a signal of what the processor raised.
func (t *thread) takeTrap() {
	trap := t.trap
	t.trap = pendingTrap{}
	t.sig = tracehook.Siginfo{}
	t.sig.SetSigno(sigTRAP)
	t.sig.SetCode(trapCodes[trap.kind])
	t.sig.SetAddr(trap.addr)
	if trap.kind != tracehook.TrapBreakpoint {
		trap.addr = 0
	}
	t.signalStop(trap.kind, trap.addr)
}

// signalStop reports the signal that was dequeued, or has it take effect.
func (t *thread) signalStop(trap tracehook.Trap, addr uint64) {
	t.deliver = t.sig.Signo()
	t.phase = afterSignal
	if t.task != nil {
		t.stop(tracehook.Event{Kind: tracehook.Signal, Signal: t.deliver, Trap: trap, Addr: addr})
	}
}

// actOnSignal has the signal take effect that the tracer chose.
func (t *thread) actOnSignal() {
	n := t.deliver
	t.phase = toUser
	if t.killed || n == 0 {
		return
	}
	if n != t.sig.Signo() {
		// As if the tracer had sent it (ptrace_signal()).
		t.sig = *outside(n, tracehook.SiUser)
	}
	if t.mask&mask(n) != 0 {
		t.pending.add(&t.sig) // it waits until it is unblocked
		return
	}
	p := t.proc
	t.note(tracehook.Event{Kind: tracehook.Signal, Signal: n})
	t.w.ledger.Signals++
	switch a := p.actions[n]; {
	case p.ignores(n):
	case a.handler != sigDfl:
		t.handle(n, a)
	case stopSignals&mask(n) != 0:
		p.startStop(n)
	default:
		p.groupExit(n, t)
		t.exit(p.status)
	}
}

// handle sets up the frame of a handler.
func (t *thread) handle(n int, a action) {
	restarting := false
	if t.inSyscall && t.regs[origRax] != noCall {
		switch int64(t.regs[rax]) {
		case -erestartSys:
			if a.flags&saRestart != 0 {
				t.again(t.regs[origRax])
				restarting = true
				break
			}
			t.regs[rax] = result(-eintr)
		case -erestartNoHand, -erestartBlock:
			t.regs[rax] = result(-eintr)
			t.deadline = 0
		}
	}
	t.inSyscall, t.repair = false, false
	t.regs[origRax] = noCall
	t.frames = append(t.frames, frame{regs: t.regs, mask: t.mask, signal: n, restarting: restarting})
	t.mask |= mask(n)
	t.regs[rip] = a.handler
	t.regs[rdi], t.regs[rsi] = uint64(n), siginfoValue(&t.sig)
	t.regs[rsp] -= 64
	if t.stepping != tracehook.Run {
		t.stepped(tracehook.TrapHandler)
	}
}

// restart decides what becomes of an interrupted call when no handler runs.
func (t *thread) restart() {
	if t.inSyscall && t.regs[origRax] != noCall {
		switch res := int64(t.regs[rax]); {
		case res == -erestartSys, res == -erestartNoHand, res == -eintr && t.repair:
			t.again(t.regs[origRax])
		case res == -erestartBlock:
			t.again(nrRestart)
		default:
			t.deadline = 0
		}
	}
	t.inSyscall, t.repair = false, false
	t.regs[origRax] = noCall
}

// again takes the thread back to the instruction that makes a system call.
func (t *thread) again(nr uint64) {
	t.regs[rax] = nr
	t.regs[rip] -= 2
	t.restarting = true
}
