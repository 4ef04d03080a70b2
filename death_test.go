package utrace_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook/sim"
)

// DE1: Exit, Death, Reap, once each, also of threads that are not the leader.
func TestDE1_Order(t *testing.T) {
	for seed := range uint64(50) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { getppid; exitthread 2 }; join; exit 3`)
		orders := map[int]string{}
		g, err := w.core.AttachGroup(w.ctx, pid, utrace.Process, func(t *utrace.Thread) any {
			return &utrace.Funcs{
				Exit:  func(*utrace.Report, utrace.Status) utrace.Action { orders[t.ID()] += "E"; return utrace.Resume },
				Death: func(*utrace.Report, *utrace.Death) utrace.Action { orders[t.ID()] += "D"; return utrace.Resume },
				Reap:  func(*utrace.Report, utrace.Status) { orders[t.ID()] += "R" },
			}
		}, utrace.WithEvents(lifetime))
		if err != nil {
			t.Fatal(err)
		}
		w.run()
		<-g.Done()
		if len(orders) != 2 || orders[pid] != "EDR" || orders[pid+1] != "EDR" {
			t.Fatalf("seed %d: %v", seed, orders)
		}
	}
}

// DE2: SIGKILL ends a thread that three engines hold, in every kind of stop,
// and a system call that was held at its entry is not made. DE3: not even its
// exit is held.
func TestDE2_DE3_SIGKILLWins(t *testing.T) {
	stop := func(r *utrace.Report) utrace.Action { return utrace.Stop }
	holders := map[string]*utrace.Funcs{
		"entry": {SyscallEntry: func(r *utrace.Report, _ *utrace.Syscall) utrace.SyscallAnswer {
			return utrace.SyscallAnswer{Action: stop(r)}
		}},
		"return": {SyscallExit: func(r *utrace.Report, _ *utrace.Syscall) utrace.Action { return stop(r) }},
		"signal": {Signal: func(r *utrace.Report, _ *utrace.Signal) utrace.SignalAnswer {
			return utrace.SignalAnswer{Action: stop(r)}
		}},
		"clone": {Clone: func(r *utrace.Report, _ *utrace.Clone) utrace.Action { return stop(r) }},
		"exec":  {Exec: func(r *utrace.Report, _ int) utrace.Action { return stop(r) }},
		"job":   {JobControl: func(r *utrace.Report, _ utrace.JobControl) utrace.Action { return stop(r) }},
	}
	scripts := map[string]string{
		"entry": `print "x"`, "return": `getppid; print "x"`, "signal": `kill TERM; print "x"`,
		"clone": `fork { exit 0 }; print "x"`, "exec": `exec { print "x" }`, "job": `stop; print "x"`,
	}
	masks := map[string]utrace.Events{
		"entry": utrace.EventSyscallEntry, "return": utrace.EventSyscallExit, "signal": utrace.EventSignalAll,
		"clone": utrace.EventClone, "exec": utrace.EventExec, "job": utrace.EventJobControl,
	}
	for kind, script := range scripts {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, 1)
			pid := w.spawn(script)
			for i := range 3 {
				h := holders[kind]
				h.Exit = func(*utrace.Report, utrace.Status) utrace.Action { return utrace.Stop }
				h.Death = func(_ *utrace.Report, d *utrace.Death) utrace.Action {
					w.logf("%v", d.Status)
					return utrace.Resume
				}
				w.attach(pid, fmt.Sprint(i), masks[kind]|utrace.EventExit|utrace.EventDeath, h)
			}
			w.run()
			if !w.core.Stopped(pid) {
				t.Fatal("it is not held")
			}
			w.sim.Kill(pid, int(syscall.SIGKILL))
			w.run()
			w.expect("killed by killed", "killed by killed", "killed by killed")
			if status, ended := w.sim.Wait(pid); !ended || status != int(syscall.SIGKILL) {
				t.Errorf("status %#x, ended %v", status, ended)
			}
			if out := w.sim.Output(pid); out != "" {
				t.Errorf("it ran on: %q", out)
			}
		})
	}
}

// DE4: exit_group by a sibling ends a thread that is held.
func TestDE4_ExitGroup(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { spin 40; exit 5 }; getppid; pause`)
	w.stopper(pid, "A", lifetime)
	w.run()
	if status, ended := w.sim.Wait(pid); !ended || status != 5<<8 {
		t.Errorf("status %#x, ended %v", status, ended)
	}
}

// DE6: there is no Reap for an engine that leaves at Death.
func TestDE6_DetachAtDeath(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	h := w.recorder("A")
	h.Death = func(*utrace.Report, *utrace.Death) utrace.Action { w.logf("A death"); return utrace.Detach }
	w.attach(pid, "A", lifetime, h)
	w.run()
	w.expect("A exit exited with 0", "A death")
}

// DE7: a leader that ends before its threads dies at once and is reaped with
// the last of them, with the status of the whole process.
func TestDE7_ZombieLeader(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { spin 50; exit 4 }; exitthread 1`)
	w.attach(pid, "A", utrace.EventDeath|utrace.EventReap, &utrace.Funcs{
		Death: func(_ *utrace.Report, d *utrace.Death) utrace.Action {
			w.logf("death %v, signal %d, group dead %v", d.Status, d.Signal, d.GroupDead)
			return utrace.Resume
		},
		Reap: func(_ *utrace.Report, status utrace.Status) { w.logf("reap %v", status) },
	})
	w.run()
	w.expect("death exited with 1, signal -2, group dead false", "reap exited with 4")
}

// DE5: in a hundred thousand races of SetEvents and Detach with death exactly
// one side frees what they share: the engine's owner if the call was in time,
// the callback if not.
func TestDE5_HundredThousandRaces(t *testing.T) {
	type race struct {
		engine *utrace.Engine
		detach bool
		result chan error
	}
	races := make(chan race)
	defer close(races)
	go func() {
		runtime.LockOSThread() // another thread than the loop's
		for r := range races {
			if r.detach {
				r.result <- r.engine.Detach()
			} else {
				r.result <- r.engine.SetEvents(0)
			}
		}
	}()
	result := make(chan error, 1)
	for i := range scale.Rounds(100000) {
		s := sim.New(uint64(i))
		core, err := utrace.New(s, utrace.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pid, _ := s.Spawn("exit 0")
		callback := 0
		e, err := core.Attach(t.Context(), pid, &utrace.Funcs{
			Death: func(*utrace.Report, *utrace.Death) utrace.Action { callback++; return utrace.Detach },
		}, utrace.WithEvents(utrace.EventDeath))
		if err != nil {
			t.Fatal(err)
		}
		for range i % 17 {
			s.Step()
		}
		races <- race{e, i%2 == 0, result}
		for waiting := true; waiting; { // the call may need the loop to answer
			select {
			case err = <-result:
				waiting = false
			default:
				runtime.Gosched()
			}
			s.RunUntilIdle()
		}
		want := 1 // the callback has to free
		if err == nil {
			want = 0
		}
		if err != utrace.ErrInProgress && callback != want { // that one asks Barrier, and then looks
			t.Fatalf("race %d: %v, and %d deaths were reported", i, err, callback)
		}
		core.Close()
	}
}
