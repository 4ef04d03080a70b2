package utrace_test

import (
	"testing"

	"github.com/utrace/utrace"
)

// CL1, CL2: a Clone report comes before the child has run anything, for every
// way to make one; an engine attached there, and told to, holds it before its
// first instruction.
func TestCL1_CL2_NewbornIsHeld(t *testing.T) {
	for _, way := range []string{"fork", "vfork", "clone3", "thread"} {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t, 1)
			pid := w.spawn(way + ` { print "x" }; pause`)
			var child *utrace.Engine
			h := &utrace.Funcs{Clone: func(r *utrace.Report, c *utrace.Clone) utrace.Action {
				if w.sim.Output(pid) != "" {
					t.Error("the child has run")
				}
				var err error
				child, err = r.Attach(c.ID, w.recorder("child"), utrace.WithEvents(utrace.EventSyscallEntry))
				if err != nil {
					t.Fatal(err)
				}
				w.control(child, utrace.Stop, nil)
				return utrace.Resume
			}}
			w.attach(pid, "parent", utrace.EventClone, h)
			w.run()
			w.expect()
			x, err := child.Examine(w.ctx)
			if err != nil {
				t.Fatal(err)
			}
			abi, _ := x.ABI()
			gpr := make([]byte, abi.GeneralSize())
			if x.ReadRegset(1, gpr); abi.Result(gpr) != 0 {
				t.Errorf("clone returned %d in the child", abi.Result(gpr))
			}
			w.control(child, utrace.Resume, nil)
			w.run()
			if len(w.log) == 0 || w.log[0] != "child entry 1" || w.sim.Output(pid) != "x" {
				t.Errorf("reports %q, output %q", w.log, w.sim.Output(pid))
			}
		})
	}
}

// CL3: a child that nobody follows runs untraced.
func TestCL3_NotFollowed(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`fork { pause }; pause`)
	w.attach(pid, "A", utrace.EventClone, w.recorder("A"))
	w.run()
	w.expect("A clone")
	if w.sim.Traced(pid+1) || !w.sim.Traced(pid) {
		t.Error("the child is traced")
	}
}

// CL6: a vfork parent that is held at its Clone does not hold the child.
func TestCL6_VforkParentHeld(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`vfork { exec { print "child" } }; print "parent"`)
	h := w.recorder("A")
	h.Clone = func(*utrace.Report, *utrace.Clone) utrace.Action { return utrace.Stop }
	h.VforkDone = func(*utrace.Report, int) utrace.Action { w.logf("done"); return utrace.Resume }
	a := w.attach(pid, "A", utrace.EventClone|utrace.EventVforkDone, h)
	w.run()
	if out := w.sim.Output(pid); out != "child" {
		t.Errorf("output %q", out)
	}
	w.control(a, utrace.Resume, nil)
	w.run()
	w.expect("done")
	if out := w.sim.Output(pid); out != "childparent" {
		t.Errorf("output %q", out)
	}
}

// EX2, EX3: an exec by a thread other than the leader ends the others; the
// thread's engines stay with it, and its id is the leader's.
func TestEX2_EX3_ThreadExecs(t *testing.T) {
	for seed := range uint64(100) {
		w := newWorld(t, seed)
		pid := w.spawn(`thread { pause }; thread { spin 30; exec { getppid; exit 6 } }; pause`)
		var execs, deaths []int
		g, err := w.core.AttachGroup(w.ctx, pid, utrace.Process, func(thread *utrace.Thread) any {
			return &utrace.Funcs{
				Exec: func(r *utrace.Report, former int) utrace.Action {
					execs = append(execs, former, r.Thread().ID())
					return utrace.Resume
				},
				Death: func(r *utrace.Report, _ *utrace.Death) utrace.Action {
					deaths = append(deaths, r.Thread().ID())
					return utrace.Resume
				},
			}
		}, utrace.WithEvents(utrace.EventExec|utrace.EventDeath))
		if err != nil {
			t.Fatal(err)
		}
		w.run()
		<-g.Done()
		if len(execs) != 2 || execs[0] != pid+2 || execs[1] != pid || len(deaths) != 3 || deaths[2] != pid {
			t.Fatalf("seed %d: execs %v, deaths %v", seed, execs, deaths)
		}
		if status, _ := w.sim.Wait(pid); status != 6<<8 {
			t.Fatalf("seed %d: status %#x", seed, status)
		}
	}
}

// EX5: an engine that holds a sibling does not keep a thread from its exec.
func TestEX5_HeldSibling(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { spin 30; exec { print "x" } }; getppid; pause`)
	w.stopper(pid, "A", 0)
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("the exec waits for the engine")
	}
}

// JC1, JC2: each thread reports the stop and the end of it, with one notice to
// the parent each, and the stop lasts although the threads are traced.
func TestJC1_JC2_StopAndContinue(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`thread { pause }; thread { pause }; pause`)
	stops, conts, notices := 0, 0, 0
	_, err := w.core.AttachGroup(w.ctx, pid, utrace.Process, func(*utrace.Thread) any {
		return &utrace.Funcs{JobControl: func(_ *utrace.Report, j utrace.JobControl) utrace.Action {
			if j.Stopped {
				stops++
			} else {
				conts++
			}
			if j.Notify {
				notices++
			}
			return utrace.Resume
		}}
	}, utrace.WithEvents(utrace.EventJobControl))
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	w.sim.Kill(pid, 20)
	w.run()
	if stops != 3 || notices != 1 || w.sim.State(pid) != 'T' {
		t.Errorf("%d stops, %d notices, state %c", stops, notices, w.sim.State(pid))
	}
	w.sim.Kill(pid, 18)
	w.run()
	if conts != 3 || w.sim.State(pid) != 'S' {
		t.Errorf("%d continues, state %c", conts, w.sim.State(pid))
	}
}

// JC5: a thread that an engine holds in a job stop does not run when SIGCONT
// comes, but when the engine lets go.
func TestJC5_HeldInJobStop(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`stop; print "x"`)
	a := w.attach(pid, "A", utrace.EventJobControl, &utrace.Funcs{
		JobControl: func(*utrace.Report, utrace.JobControl) utrace.Action { return utrace.Stop },
	})
	w.run()
	w.sim.Kill(pid, 18)
	w.run()
	if w.sim.Output(pid) != "" {
		t.Error("ran although it is held")
	}
	w.control(a, utrace.Resume, nil)
	w.run()
	w.control(a, utrace.Resume, nil) // the report of the continue held it again
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("does not run")
	}
}
