package sim

import (
	"fmt"

	"github.com/utrace/utrace/tracehook"
)

// Siginfo is the siginfo of the current signal.
func (k *task) Siginfo(info *tracehook.Siginfo) error {
	if err := k.at("siginfo of", tracehook.Signal, tracehook.Signal); err != nil {
		return err
	}
	*info = k.t.sig
	return nil
}

// SetSiginfo changes it.
func (k *task) SetSiginfo(info *tracehook.Siginfo) error {
	if err := k.at("siginfo of", tracehook.Signal, tracehook.Signal); err != nil {
		return err
	}
	k.t.sig = *info
	return nil
}

// SignalMask is the set of blocked signals.
func (k *task) SignalMask() (uint64, error) {
	return k.t.mask, k.check("signal mask of")
}

// SetSignalMask sets it.
func (k *task) SetSignalMask(set uint64) error {
	if err := k.check("signal mask of"); err != nil {
		return err
	}
	k.t.mask = set &^ unblockable
	return nil
}

// Disposition is what the process does about a signal.
func (k *task) Disposition(signal int) (tracehook.Disposition, error) {
	if err := k.check("disposition of"); err != nil {
		return 0, err
	}
	if signal < 1 || signal > 64 {
		return 0, fmt.Errorf("disposition of thread %d: no signal %d: %w", k.t.id, signal, tracehook.ErrInvalid)
	}
	switch k.t.proc.actions[signal].handler {
	case sigDfl:
		return tracehook.DispositionDefault, nil
	case sigIgn:
		return tracehook.DispositionIgnore, nil
	}
	return tracehook.DispositionHandler, nil
}

// Inject queues a signal that is reported before it is looked at whether the
// thread blocks it.
func (k *task) Inject(info *tracehook.Siginfo) error {
	if err := k.check("inject a signal into"); err != nil {
		return err
	}
	if n := info.Signo(); n < 1 || n > 64 || n == sigKILL {
		return fmt.Errorf("inject a signal into thread %d: no signal %d: %w", k.t.id, n, tracehook.ErrInvalid)
	}
	k.t.injected = append(k.t.injected, *info)
	return nil
}

// SetSyscall replaces the call that is about to be made.
func (k *task) SetSyscall(nr uint64, args [6]uint64) error {
	if err := k.at("set the system call of", tracehook.SyscallEntry, tracehook.SyscallEntry); err != nil {
		return err
	}
	k.t.regs[origRax] = nr
	for i, reg := range argRegisters {
		k.t.regs[reg] = args[i]
	}
	return nil
}

// SkipSyscall makes the call not happen.
func (k *task) SkipSyscall(res int64) error {
	if err := k.at("skip the system call of", tracehook.SyscallEntry, tracehook.SyscallEntry); err != nil {
		return err
	}
	k.t.regs[origRax] = noCall
	k.t.regs[rax] = result(res)
	return nil
}

// SetResult replaces the result of a call that was made or skipped.
func (k *task) SetResult(res int64) error {
	if err := k.at("set the result of", tracehook.SyscallExit, tracehook.SyscallEntry); err != nil {
		return err
	}
	if k.stopKind == tracehook.SyscallEntry && k.t.regs[origRax] != noCall {
		return fmt.Errorf("set the result of thread %d: its call was not skipped: %w", k.t.id, tracehook.ErrInvalid)
	}
	k.t.regs[rax] = result(res)
	return nil
}
