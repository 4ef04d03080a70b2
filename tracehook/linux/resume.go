package linux

import (
	"fmt"
	"syscall"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// request is the ptrace request that restarted a task.
type request uint8

const (
	reqNone    request = iota // never restarted by us
	reqCont                   // PTRACE_CONT
	reqSyscall                // PTRACE_SYSCALL
	reqStep                   // PTRACE_SINGLESTEP
	reqBlock                  // PTRACE_SINGLEBLOCK
)

// lastSignal is the highest signal number (_NSIG; 128 on MIPS, which Go's
// ports and this package treat as 64).
const lastSignal = 64

// Resume ends the stop.
func (t *task) Resume(mode tracehook.Mode, signal int) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	if mode > tracehook.Listen || signal < 0 || signal > lastSignal {
		return fmt.Errorf("resume thread %d in mode %v with signal %d: %w", t.tid, mode, signal, tracehook.ErrInvalid)
	}
	if mode == tracehook.Listen {
		return t.listen()
	}
	signal, err := t.signalHere(signal)
	if err != nil {
		return err
	}
	return result(t.run(mode, signal))
}

// signalHere is the signal that can be passed on at this stop. The kernel would
// send it as a new one from system call stops, and drops it at others.
func (t *task) signalHere(signal int) (int, error) {
	switch {
	case t.stop == stopSignal || signal == 0:
		return signal, nil
	case t.stop == stopSynth:
		return 0, t.injectTrap(signal)
	}
	return 0, nil
}

// listen leaves the task in its group-stop (ptrace(2), PTRACE_LISTEN).
func (t *task) listen() error {
	if t.stop != stopGroup {
		return fmt.Errorf("listen to thread %d, which is not in a group-stop: %w", t.tid, syscall.EIO)
	}
	t.applyOptions()
	t.yieldGeneral()
	if err := ptrace.Listen(t.tid); err != nil {
		t.killed()
		return result(err)
	}
	t.state, t.last = listening, reqCont
	if t.interrupt {
		return result(ptrace.Interrupt(t.tid))
	}
	return nil
}

// run restarts the task. The signal must be one that can be passed on.
func (t *task) run(mode tracehook.Mode, sig int) error {
	t.mode = mode
	if t.groupSig != 0 {
		t.later(dueGroupStop)
		return nil
	}
	if t.stop == stopVerdict && t.want&wantCalls == tracehook.WantFiltered && !t.call.inside {
		t.later(dueEntry)
		return nil
	}
	if mode != tracehook.Run && t.stop == stopExit && t.step.over && !t.call.broken {
		t.later(dueStep)
		return nil
	}
	t.applyOptions()
	if t.call.repair {
		t.restartAtExit()
	}
	if t.stop == stopSignal {
		t.interruptedBy(sig)
	}
	if t.exiting {
		t.l.linger(t)
	}
	req := t.plan(mode, sig)
	if req == reqSyscall && t.last != reqSyscall {
		t.noteBrokenCall()
	}
	if req >= reqStep || len(t.inject) > 0 {
		t.prepareSignals(req, sig)
	}
	if t.interrupt {
		_ = ptrace.Interrupt(t.tid)
	}
	return t.restart(req, sig)
}

// plan chooses the request. Besides running it has to make sure that an entry
// which was reported gets its exit, and that a step neither hides a system
// call from those who want to see them nor runs past its exit.
func (t *task) plan(mode tracehook.Mode, sig int) request {
	exitDue := t.call.inside && (t.wants(wantCalls) || t.call.skipped)
	t.call.inside = exitDue
	t.step.over = false
	switch {
	case mode == tracehook.Run:
		if exitDue || t.wants(tracehook.WantSyscalls) {
			return reqSyscall
		}
		return reqCont
	case exitDue, t.call.broken && t.stop == stopExit:
		// Within a call, or before one that is made again.
		t.step.over = true
		return reqSyscall
	case t.wants(tracehook.WantSyscalls) || !t.stepsOverCalls():
		if t.midCall() || sig == 0 && (t.atSyscallInsn() || t.comesBack()) {
			t.step.over = true
			return reqSyscall
		}
	}
	// With system calls wanted a block is stepped through one by one, because
	// there may be a call in the middle of it.
	if mode == tracehook.BlockStep && !t.wants(tracehook.WantSyscalls) {
		return reqBlock
	}
	return reqStep
}

// midCall reports whether the task stopped between the beginning of a call and its
// end: at the entry, at a filter's verdict, or at an event of clones and execs. A
// newborn does not end the call that made it everywhere.
func (t *task) midCall() bool {
	return t.stop == stopEntry || t.stop == stopVerdict || t.stop == stopEvent && !t.newborn
}

func (t *task) restart(req request, sig int) error {
	t.yieldGeneral()
	var err error
	switch req {
	case reqCont:
		err = ptrace.Cont(t.tid, sig)
	case reqSyscall:
		err = ptrace.Syscall(t.tid, sig)
	case reqBlock:
		if err = ptrace.SingleBlock(t.tid, sig); err != syscall.EIO {
			break
		}
		req = reqStep // EIO: this machine has no block steps
		fallthrough
	case reqStep:
		if err = ptrace.SingleStep(t.tid, sig); err == syscall.EIO { // riscv64: it is still stopped
			t.mode = tracehook.Run
			return fmt.Errorf("step thread %d: %w", t.tid, tracehook.ErrNotSupported)
		}
	}
	t.state, t.last = running, req
	if err != nil {
		t.killed()
	}
	return err
}

func (t *task) applyOptions() {
	if o := t.wantedOptions(); o != t.options {
		if ptrace.SetOptions(t.tid, o) != nil { // without CAP_SYS_ADMIN
			o &^= ptrace.OptSuspendSeccomp
			_ = ptrace.SetOptions(t.tid, o)
		}
		t.options = o
	}
}
