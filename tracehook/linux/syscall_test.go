package linux

import (
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// TestFirstArgument changes the first argument of a call, or is told that this kernel
// lets nobody do so.
func TestFirstArgument(t *testing.T) {
	p := actor.Start(t, "barrier x; exit 5")
	p.Expect("@x\n")
	var err error
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.SyscallEntry && ev.Syscall.Nr == syscall.SYS_EXIT_GROUP {
			args := ev.Syscall.Args
			args[0] = 42
			err = ev.Task.SetSyscall(ev.Syscall.Nr, args)
		}
		return false
	})
	r.attach(p.PID, tracehook.WantSyscalls)
	r.await(1, " quiesce")
	p.Release()
	status := p.Wait()
	_, fixed := regset.NativeABI().(regset.FirstArgFixed)
	if fixed && !ptrace.Has(ptrace.SyscallInfoSet) {
		if !errors.Is(err, tracehook.ErrNotSupported) || status.ExitStatus() != 5 {
			t.Errorf("%v, status %#x", err, status)
		}
		return
	}
	if err != nil || status.ExitStatus() != 42 {
		t.Errorf("%v, status %#x", err, status)
	}
}
