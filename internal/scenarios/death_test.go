package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/regset"
)

// TestDE1_DE8_Order sees the end of a process whose parent reaps it at once: exit,
// death and reap, once each, and the parent gets the true status.
func TestDE1_DE8_Order(t *testing.T) {
	for _, test := range []struct {
		script, want string
		status       syscall.WaitStatus
	}{
		{"exit 3", "exited with 3", 3 << 8},
		{"kill TERM", "killed by terminated", 15},
		{"kill KILL", "killed by killed", 9},
	} {
		t.Run(test.script, func(t *testing.T) {
			r := newRig(t)
			p := r.start(test.script)
			g := r.attachGroup(p.PID, utrace.Process, utrace.EventExit|utrace.EventDeath|utrace.EventReap, r.recorder("A"))
			p.Release()
			if s := p.Wait(); s != test.status {
				t.Errorf("the parent got %#x", s)
			}
			if n := len(p.Statuses()); n != 1 {
				t.Errorf("the parent was told %d times", n)
			}
			<-g.Done()
			r.expect("",
				fmt.Sprintf("A exit %d %s", p.PID, test.want),
				fmt.Sprintf("A death %d %s signal 17", p.PID, test.want),
				fmt.Sprintf("A reap %d %s", p.PID, test.want))
		})
	}
}

// TestDE4_SiblingExits ends a process by one thread while another is held.
func TestDE4_SiblingExits(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { spin }; barrier y; exit 7")
	p.Release()
	p.Expect("@y\n")
	tid := r.threads(p.PID, 1)[0]
	g := r.attachGroup(p.PID, utrace.Process, utrace.EventExit|utrace.EventDeath|utrace.EventReap, r.recorder("A"))
	held := r.attach(tid, 0, r.recorder("H"))
	r.stop(held)
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 7 {
		t.Errorf("status %#x", s)
	}
	<-g.Done()
	for _, id := range []int{p.PID, tid} {
		for _, what := range []string{"exit", "death", "reap"} {
			n := r.log.Count(fmt.Sprintf("A %s %d exited with 7", what, id))
			if what == "exit" && id == tid && n == 0 {
				continue // killed in its stop, it may not stop once more (ptrace_stop in kernel/signal.c)
			}
			if n != 1 {
				t.Errorf("%d times %s of %d", n, what, id)
			}
		}
	}
}

// TestDE6_DetachAtDeath leaves at the death: there is no reap.
func TestDE6_DetachAtDeath(t *testing.T) {
	r := newRig(t)
	p := r.start("exit 0")
	h := r.recorder("A")
	h.Death = func(*utrace.Report, *utrace.Death) utrace.Action { r.log.Printf("death"); return utrace.Detach }
	r.attach(p.PID, utrace.EventDeath|utrace.EventReap, h)
	b := r.attachGroup(p.PID, utrace.Process, utrace.EventReap, r.recorder("B"))
	p.Release()
	p.Wait()
	<-b.Done()
	r.expect("", "death", fmt.Sprintf("B reap %d exited with 0", p.PID))
}

// TestDE7_ZombieLeader has the leader end before its thread: its death is reported
// at once, its reap with the process's end, whose status is the thread's.
func TestDE7_ZombieLeader(t *testing.T) {
	r := newRig(t)
	p := r.start("thread { barrier y; exit 4 }; exitthread 1")
	g := r.attachGroup(p.PID, utrace.Process, utrace.EventExit|utrace.EventDeath|utrace.EventReap, r.recorder("A"))
	p.Release()
	p.Expect("@y\n")
	r.await(1, fmt.Sprintf("A death %d exited with 1 signal -2", p.PID))
	untilState(t, p.PID, "Z")
	if r.log.Count(fmt.Sprintf("A reap %d", p.PID)) != 0 || len(p.Statuses()) != 0 {
		t.Error("the leader was reaped before its thread")
	}
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 4 {
		t.Errorf("status %#x", s)
	}
	<-g.Done()
	if n := r.log.Count(fmt.Sprintf("A death %d", p.PID)); n != 1 {
		t.Errorf("%d deaths of the leader", n)
	}
	if r.log.Count(fmt.Sprintf("A reap %d exited with 4", p.PID)) != 1 {
		t.Error("no reap of the leader with the status of the process")
	}
}

// TestDE9_SelfReaping traces a child whose parent ignores SIGCHLD: it is reaped by
// nobody, and leaves no zombie.
func TestDE9_SelfReaping(t *testing.T) {
	r := newRig(t)
	p := r.start("ignore CHLD; fork { exit 3 }; wait print; pause")
	g := r.attachGroup(p.PID, utrace.Tree, life, r.recorder("A"))
	p.Release()
	p.Expect("wait: ECHILD\n") // which is said when the child is gone
	r.await(1, "A reap")
	r.await(1, "exited with 3 signal")
	if err := g.Detach(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		t.Error(err)
	}
	<-g.Done()
}

// TestDE10_DetachAgainstKill detaches while the process is being killed. Its parent
// reaps it in any case.
func TestDE10_DetachAgainstKill(t *testing.T) {
	r := newRig(t)
	for i := range scale.Rounds(40) {
		p := r.start("spin")
		p.Release()
		e := r.attach(p.PID, utrace.EventSyscall|utrace.EventReap, r.recorder("A"))
		if i%2 == 0 {
			r.stop(e)
		}
		done := make(chan struct{})
		go func() { defer close(done); syscall.Kill(p.PID, syscall.SIGKILL) }()
		r.detach(e)
		<-done
		if s := p.Wait(); s != 9 {
			t.Fatalf("status %#x", s)
		}
	}
}

// TestDE11_ExitState reads everything about a thread that is held at its exit.
func TestDE11_ExitState(t *testing.T) {
	r := newRig(t)
	p := r.start("exit 5")
	h := r.recorder("A")
	h.Exit = func(x *utrace.Report, s utrace.Status) utrace.Action {
		if code, ok := s.Exited(); !ok || code != 5 {
			t.Errorf("status %v", s)
		}
		now := of(x)
		if pc := now.pc(t); pc == 0 {
			t.Error("no program counter")
		} else if n, err := x.ReadMemory(pc, make([]byte, 4)); n != 4 {
			t.Errorf("memory: %v", err)
		}
		return utrace.Stop
	}
	e := r.attach(p.PID, utrace.EventExit, h)
	p.Release()
	until(t, "held at exit", func() bool { x, err := e.Examine(r.ctx); return err == nil && x.Close() == nil })
	mapped := 0
	if err := procfs.Maps(p.PID, func(procfs.Mapping) bool { mapped++; return true }); err != nil || mapped == 0 {
		t.Errorf("%d mappings: %v", mapped, err)
	}
	if args, err := procfs.Cmdline(p.PID); err != nil || len(args) == 0 {
		t.Errorf("arguments %q: %v", args, err)
	}
	if _, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID)); err != nil {
		t.Error(err)
	}
	if name, err := procfs.FD(p.PID, 1); err != nil || !strings.HasPrefix(name, "pipe:") {
		t.Errorf("descriptor 1 is %q: %v", name, err)
	}
	r.control(e, utrace.Resume)
	if s := p.Wait(); s.ExitStatus() != 5 {
		t.Errorf("status %#x", s)
	}
}

// TestDE12_ChangeExit changes the exit status where it can be: at the entry of
// exit_group. A kernel that lets nobody change a first argument is named in a fault.
func TestDE12_ChangeExit(t *testing.T) {
	_, fixed := regset.NativeABI().(regset.FirstArgFixed)
	want, refusals := 42, 0
	var options utrace.Options
	if fixed = fixed && !ptrace.Has(ptrace.SyscallInfoSet); fixed {
		want = 5
		options.OnFault = func(_ int, err error) {
			if !errors.Is(err, utrace.ErrNotSupported) {
				t.Error(err)
			}
			refusals++
		}
	}
	r := newRigWith(t, options)
	p := r.start("exit 5")
	h := r.recorder("A")
	h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		if s.Number() == syscall.SYS_EXIT_GROUP {
			s.SetArg(0, 42)
		}
		return utrace.SyscallAnswer{}
	}
	r.attach(p.PID, utrace.EventSyscallEntry, h)
	p.Release()
	if s := p.Wait(); s.ExitStatus() != want {
		t.Errorf("status %#x", s)
	}
	r.sync()
	if (refusals == 1) != fixed {
		t.Errorf("%d refusals", refusals)
	}
}

// TestDE3_ExitHold bounds the time for which an engine can hold an exit, and does
// not let it hold a death by SIGKILL at all.
func TestDE3_ExitHold(t *testing.T) {
	r := newRigWith(t, utrace.Options{ExitHold: 200 * time.Millisecond})
	for script, killed := range map[string]bool{"exit 3": false, "thread { spin }; spin": true} {
		p := r.start(script)
		h := r.recorder("A")
		h.Exit = func(x *utrace.Report, s utrace.Status) utrace.Action { r.log.Printf("exit"); return utrace.Stop }
		r.attachGroup(p.PID, utrace.Process, utrace.EventExit|utrace.EventReap, h)
		p.Release()
		if killed {
			r.threads(p.PID, 1)
			syscall.Kill(p.PID, syscall.SIGKILL)
		}
		began := time.Now()
		if s := p.Wait(); s.Signaled() != killed {
			t.Errorf("%s: status %#x", script, s)
		}
		if !killed && time.Since(began) < 100*time.Millisecond {
			t.Error("the exit was not held")
		}
	}
}
