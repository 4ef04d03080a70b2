package utrace_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
)

// A signal that one engine has delivered in the place of a trap waits for the others that
// look at the trap. Those are asked about it then, and it comes before the instruction,
// also if they have all left.
func TestDeliverInstead(t *testing.T) {
	var info utrace.Siginfo
	info.SetSigno(int(syscall.SIGUSR1))
	for name, leave := range map[string]bool{"asked": false, "left": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			pid := w.spawn(`getppid; getpid; exit 3`)
			stop := func(*utrace.Report, *utrace.Trap) utrace.Action { return utrace.Stop }
			a := w.debugger(pid, "A", stop)
			ask := w.recorder("B")
			ask.Trap = stop
			b := w.attach(pid, "B", utrace.EventTrap|utrace.EventSignalAll|utrace.EventSyscallEntry, ask)
			w.plant(a, stmt(0))
			w.plant(b, stmt(0))
			w.control(a, utrace.Resume, nil)
			w.run()
			if err := a.DeliverInstead(info); err != nil {
				t.Fatal(err)
			}
			if err := b.DeliverInstead(info); !errors.Is(err, utrace.ErrInvalid) {
				t.Errorf("a second signal: %v, want %v", err, utrace.ErrInvalid)
			}
			r, err := b.Held()
			if err != nil {
				t.Fatal(err)
			}
			if seen, err := r.TrapInfo(); err != nil || seen.Signo() != int(syscall.SIGTRAP) {
				t.Errorf("who still looks at the trap sees signal %d, %v", seen.Signo(), err)
			}
			w.control(a, utrace.Resume, nil)
			w.run()
			w.expect() // B holds
			if leave {
				for _, e := range []*utrace.Engine{a, b} {
					if err := e.Detach(); err != nil {
						t.Fatal(err)
					}
				}
				w.run()
				w.expect()
			} else {
				w.control(b, utrace.Resume, nil)
				w.run()
				w.expect("B signal 10 terminate")
			}
			if status, ended := w.sim.Wait(pid); !ended || syscall.WaitStatus(status).Signal() != syscall.SIGUSR1 {
				t.Errorf("the program has ended: %v, %#x", ended, status)
			}
		})
	}
}
