package limits

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/syscalls"
)

// TestStatusAtExit: what a process will have ended with is settled before its
// exit is reported. The argument of exit_group is the last chance.
func TestStatusAtExit(t *testing.T) {
	for _, test := range []struct {
		name string
		when utrace.Events
		want int
	}{
		{"at the exit it is too late", utrace.EventExit, 3},
		{"at the entry of exit_group it is not", utrace.EventSyscallEntry, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newTracer(t, utrace.Options{})
			p := actor.Start(k, `barrier begin; exit 3`)
			if !p.Expect("@begin") {
				t.FailNow()
			}
			k.attach(p.PID, test.when, &utrace.Funcs{
				SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
					if syscalls.ByAuditArch(s.Arch()).CallName(s.Number()) == "exit_group" {
						s.SetArg(0, 5)
					}
					return utrace.SyscallAnswer{}
				},
				Exit: func(r *utrace.Report, _ utrace.Status) utrace.Action {
					abi := r.ABI()
					note := abi.View().Sets[0].Note
					gpr := make([]byte, abi.GeneralSize())
					if _, err := r.Registers().ReadRegset(note, gpr); err != nil {
						t.Error(err)
					}
					abi.SetArg(gpr, 0, 5)
					abi.SetResult(gpr, 5)
					if err := r.Registers().WriteRegset(note, gpr); err != nil {
						t.Error(err)
					}
					return utrace.Resume
				},
			})
			p.Release()
			if got := p.Wait().ExitStatus(); got != test.want {
				t.Errorf("it ended with %d; want %d", got, test.want)
			}
		})
	}
}

// TestHeldExitIsDeaf: SIGKILL does not reach a process that is held at its
// exit, so the core bounds the hold. The process ends as it was going to.
func TestHeldExitIsDeaf(t *testing.T) {
	const bound = 500 * time.Millisecond
	k := newTracer(t, utrace.Options{ExitHold: bound})
	p := actor.Start(k, `barrier begin; exit 3`)
	if !p.Expect("@begin") {
		t.FailNow()
	}
	held := make(chan time.Time, 1)
	k.attach(p.PID, utrace.EventExit, &utrace.Funcs{
		Exit: func(*utrace.Report, utrace.Status) utrace.Action {
			held <- time.Now()
			return utrace.Stop
		},
	})
	p.Release()
	since := <-held
	k.await(p.PID, "it is held", inState('t'))
	kill(k, p.PID, syscall.SIGKILL)
	status := p.Wait()
	if took := time.Since(since); took < bound || took > patience {
		t.Errorf("SIGKILL took %v; the hold is bounded by %v", took, bound)
	}
	if !status.Exited() || status.ExitStatus() != 3 {
		t.Errorf("it ended with %#x; want the exit status that it had chosen", status)
	}
}

// TestZombie: the dead cannot be attached to.
func TestZombie(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := actor.Start(k, `fork { exit 0 }; print "go\n"; readblock`)
	if !p.Expect("go") {
		t.FailNow()
	}
	children := k.children(p.PID, 1)
	k.await(children[0], "the child is a zombie", inState('Z'))
	if _, err := k.core.Attach(k.ctx, children[0], idle()); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("attaching to a zombie: %v", err)
	}
}

// TestOtherEffects: a tracer cannot give a process another action for a signal,
// so an effect that the signal does not have takes another signal, which the
// parent sees.
func TestOtherEffects(t *testing.T) {
	k := newTracer(t, utrace.Options{})
	p := spinner(k)
	fallback := make(chan int, 1)
	k.attach(p.PID, utrace.EventSignalAll, &utrace.Funcs{
		Signal: func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
			n, _ := s.Fallback(utrace.Terminate)
			fallback <- n
			return utrace.SignalAnswer{Do: utrace.Terminate}
		},
	})
	kill(k, p.PID, syscall.SIGWINCH)
	status := p.Wait()
	if n := <-fallback; n != int(syscall.SIGKILL) || status.Signal() != syscall.SIGKILL {
		t.Errorf("it was killed by %v; SIGKILL was announced as %d", status.Signal(), n)
	}
}
