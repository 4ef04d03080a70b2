package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
)

// TestDE2_DE3_KilledWhileHeld kills a process by SIGKILL in each kind of stop in which
// three engines hold it. It dies at once, of nothing else, and executes
// nothing more.
func TestDE2_DE3_KilledWhileHeld(t *testing.T) {
	for _, test := range []struct {
		name, script string
		event        utrace.Events
	}{
		{"asynchronous", "spin", 0},
		{"signal", `handle USR1; tkill USR1; print "alive"`, utrace.EventSignal},
		{"fatal signal", `tkill TERM; print "alive"`, utrace.EventSignalTerm},
		{"syscall entry", `print "alive"`, utrace.EventSyscallEntry},
		{"syscall exit", `getppid; print "alive"`, utrace.EventSyscallExit},
		{"clone", `fork { }; print "alive"`, utrace.EventClone},
		{"vfork", `vfork { }; print "alive"`, utrace.EventClone},
		{"exec", `exec { print "alive" }`, utrace.EventExec},
		{"exit", `exit 3`, utrace.EventExit},
		{"group-stop", `stop; print "alive"`, utrace.EventJobControl},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			p := r.start(test.script)
			var engines []*utrace.Engine
			r.core.Do(r.ctx, func() error { // all before the thread comes by
				for _, name := range []string{"A", "B", "C"} {
					engines = append(engines, r.attach(p.PID, test.event|utrace.EventReap, r.stopper(name)))
				}
				return nil
			})
			p.Release()
			if test.event == 0 {
				until(t, "it spins", func() bool { return status(p.PID).State == 'R' })
				for _, e := range engines {
					r.stop(e)
				}
			} else {
				r.stopped(engines[0])
				if test.event&utrace.EventSignalAll == 0 { // a signal pass waits for A
					r.stopped(engines[2])
				}
			}
			entries := r.log.Count("entry")
			syscall.Kill(p.PID, syscall.SIGKILL)
			want := syscall.WaitStatus(9)
			if test.event == utrace.EventExit {
				// A process in exit_group keeps its status, and is let go
				// only when the hold is over: do that.
				for _, e := range engines {
					r.control(e, utrace.Resume)
				}
				want = 3 << 8
			}
			if s := p.Wait(); s != want {
				t.Errorf("status %#x", s)
			}
			r.await(3, "reap")
			if strings.Contains(p.Output(), "alive") {
				t.Error("it ran on")
			}
			if r.log.Count("entry") != entries || r.log.Count("signal 9") != 0 {
				t.Error("there were reports between the hold and the end")
			}
		})
	}
}

// stopper returns a handler that logs and stops at everything.
func (r *rig) stopper(name string) *utrace.Funcs {
	h := r.recorder(name)
	stop := func(what string) utrace.Action { r.log.Printf("%s %s", name, what); return utrace.Stop }
	h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		return utrace.SyscallAnswer{Action: stop("entry")}
	}
	h.SyscallExit = func(*utrace.Report, *utrace.Syscall) utrace.Action { return stop("return") }
	h.Signal = func(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
		return utrace.SignalAnswer{Action: stop(fmt.Sprint("signal ", s.Number()))}
	}
	h.Clone = func(*utrace.Report, *utrace.Clone) utrace.Action { return stop("clone") }
	h.Exec = func(*utrace.Report, int) utrace.Action { return stop("exec") }
	h.Exit = func(*utrace.Report, utrace.Status) utrace.Action { return stop("exit") }
	h.JobControl = func(*utrace.Report, utrace.JobControl) utrace.Action { return stop("job") }
	return h
}

// TestDE13_CoreDump has a process of three threads dump core while engines want all
// that there is to be had, and finds the core complete.
func TestDE13_CoreDump(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	path := compile(t, "kill", "-pthread")
	dir := t.TempDir()
	p, pid := startApart(t, path, dir)
	p.expect("ready")
	g := r.attachGroup(pid, utrace.Process, everything&^utrace.EventQuiesce, r.recorder("A"))
	if g.Len() != 3 {
		t.Errorf("attached to %d threads", g.Len())
	}
	p.stdin.Close()
	<-g.Done()
	p.expect("status 134\n")
	// Threads that are killed may skip their exit stop, none its death.
	if n := r.log.Count("A death"); n != 3 {
		t.Errorf("%d deaths", n)
	}
	if n := r.log.Count(fmt.Sprintf("A exit %d ", pid)); n != 1 {
		t.Errorf("%d exits of the thread that crashed", n)
	}
	if r.log.Count(fmt.Sprintf("A reap %d killed by aborted (core dumped)", pid)) != 1 {
		t.Error("no core was dumped")
	}
	if strings.HasPrefix(string(pattern), "|") || strings.HasPrefix(string(pattern), "/") {
		return // the core is somewhere else; that it was dumped is in the status
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatalf("core files: %q", files)
	}
	if threads := coreThreads(t, files[0]); threads != 3 {
		t.Errorf("the core has %d threads", threads)
	}
}
