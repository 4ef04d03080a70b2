package linux

import (
	"fmt"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// signalStop is a signal-delivery-stop, or the notification that a step has
// entered a signal handler.
func (t *task) signalStop(sig int) {
	t.stop, t.signal = stopSignal, sig
	var info tracehook.Siginfo
	if t.carrier != 0 || sig == int(syscall.SIGTRAP) {
		if err := ptrace.GetSiginfo(t.tid, (*ptrace.Siginfo)(&info)); err != nil {
			t.killed()
			return
		}
	}
	if t.carrier != 0 && t.isCarrier(&info) {
		t.arrived()
		return
	}
	ev := t.l.event(tracehook.Signal)
	ev.Signal = sig
	if sig == int(syscall.SIGTRAP) {
		t.classify(ev, &info)
		if t.parting && (ev.Trap == tracehook.TrapStep || ev.Trap == tracehook.TrapBlock) {
			t.signal = 0
		}
	}
	t.deliver()
}

// Values of si_code for SIGTRAP (sigaction(2)).
const (
	trapBrkpt  = 1
	trapTrace  = 2
	trapBranch = 3
	trapHwbkpt = 4
	// trapNotify is what ptrace_notify(SIGTRAP) leaves when a step has set
	// up a signal handler (signal_setup_done in kernel/signal.c).
	trapNotify = int(syscall.SIGTRAP)
)

// classify says who made a SIGTRAP. The codes differ between machines; the
// mode of the last resumption tells apart what they leave open.
func (t *task) classify(ev *tracehook.Event, info *tracehook.Siginfo) {
	stepped := t.last == reqStep || t.last == reqBlock || t.step.owed
	code := info.Code()
	if code > 0 {
		t.step.owed = false
	}
	switch {
	case code <= 0:
		// Some process sent it. (arm64 gives SI_USER for the first of two
		// stops when a system call is stepped over.)
	case code == tracehook.SiKernel, code == trapBrkpt && !(stepped && t.intBreaks()):
		// int3 is SI_KERNEL and TRAP_BRKPT the step over a system call on x86;
		// elsewhere TRAP_BRKPT is the breakpoint.
		if pc, ok := t.pc(); ok {
			ev.Trap, ev.Addr = tracehook.TrapBreakpoint, t.abi.BreakpointPC(pc)
			t.atBreakpoint = true
		}
		if code == trapBrkpt && t.intBreaks() {
			ev.Trap, ev.Addr = tracehook.NoTrap, 0 // int1 of the program
		}
	case code == trapHwbkpt && !t.stepsAreHwbkpt():
		ev.Trap, ev.Addr = tracehook.TrapHardware, info.Addr()
	case !stepped:
		// The program has set the trap flag itself.
	case code == trapNotify:
		ev.Trap = tracehook.TrapHandler
	case t.last == reqBlock:
		ev.Trap = tracehook.TrapBlock
	default:
		ev.Trap = tracehook.TrapStep
	}
}

// auditArchS390X is AUDIT_ARCH_S390X.
const auditArchS390X = 0x80000016

// intBreaks: breakpoints of this machine are SI_KERNEL (x86).
func (t *task) intBreaks() bool {
	abi, err := t.needABI()
	return err == nil && len(abi.BreakpointInsn()) == 1
}

// stepsAreHwbkpt: s390 steps with its event recording (PER) and says so.
func (t *task) stepsAreHwbkpt() bool {
	abi, err := t.needABI()
	return err == nil && abi.AuditArch() == auditArchS390X && t.last >= reqStep
}

// atSignal checks that the task is at a Signal event.
func (t *task) atSignal() error {
	if err := t.mustStop(); err != nil {
		return err
	}
	if t.stop != stopSignal && t.stop != stopSynth {
		return fmt.Errorf("siginfo of thread %d, which is at no signal: %w", t.tid, tracehook.ErrInvalid)
	}
	return nil
}

// Siginfo is the siginfo of the current Signal event.
func (t *task) Siginfo(info *tracehook.Siginfo) error {
	if err := t.atSignal(); err != nil {
		return err
	}
	if t.stop == stopSynth {
		t.trapInfo(info)
		return nil
	}
	return result(ptrace.GetSiginfo(t.tid, (*ptrace.Siginfo)(info)))
}

// SetSiginfo changes what will be delivered.
func (t *task) SetSiginfo(info *tracehook.Siginfo) error {
	if err := t.atSignal(); err != nil {
		return err
	}
	if t.stop == stopSynth {
		t.step.info, t.step.hasInfo = *info, true
		return nil
	}
	return result(ptrace.SetSiginfo(t.tid, (*ptrace.Siginfo)(info)))
}

// Disposition is what the process does about a signal by itself.
func (t *task) Disposition(signal int) (tracehook.Disposition, error) {
	if signal < 1 || signal > lastSignal {
		return 0, fmt.Errorf("disposition of signal %d: %w", signal, tracehook.ErrInvalid)
	}
	if err := t.mustStop(); err != nil {
		return 0, err
	}
	status, err := procfs.ReadStatus(t.tid)
	if err != nil {
		return 0, tracehook.ErrGone
	}
	switch bit := sigbit(signal); {
	case status.Caught&bit != 0:
		return tracehook.DispositionHandler, nil
	case status.Ignored&bit != 0:
		return tracehook.DispositionIgnore, nil
	}
	return tracehook.DispositionDefault, nil
}

func sigbit(signal int) uint64 { return 1 << (signal - 1) }

var _ regset.Transport = (*task)(nil)
