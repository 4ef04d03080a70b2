package utrace_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/utrace/utrace"
)

// RS1: two engines' answers, all pairs: the strictest wins, Detach counts as
// Resume.
func TestRS1_Strictest(t *testing.T) {
	actions := []utrace.Action{utrace.Stop, utrace.Interrupt, utrace.ReportSoon,
		utrace.SingleStep, utrace.BlockStep, utrace.Resume, utrace.Detach}
	for _, a := range actions {
		for _, b := range actions {
			t.Run(fmt.Sprintf("%v+%v", a, b), func(t *testing.T) {
				w := newWorld(t, 1)
				pid := w.spawn("getppid; print \"x\"; exit 0")
				answer := func(name string, act utrace.Action) *utrace.Funcs {
					first := true
					return &utrace.Funcs{
						SyscallExit: func(*utrace.Report, *utrace.Syscall) utrace.Action {
							if !first {
								return utrace.Resume
							}
							first = false
							return act
						},
						Quiesce: func(r *utrace.Report, cause utrace.Events) utrace.Action {
							if cause == 0 {
								w.logf("%s quiesce", name)
							}
							return utrace.Resume
						},
						Trap: func(r *utrace.Report, x *utrace.Trap) utrace.Action {
							w.logf("%s %v", name, x.Kind)
							return utrace.Resume
						},
					}
				}
				mask := utrace.EventQuiesce | utrace.EventSyscallExit | utrace.EventTrap
				ea := w.attach(pid, "A", mask, answer("A", a))
				eb := w.attach(pid, "B", mask, answer("B", b))
				w.run()
				want := max(a, b)
				stopped := w.sim.Output(pid) == ""
				if stopped != (want == utrace.Stop) {
					t.Errorf("stopped: %v", stopped)
				}
				if stepped := len(w.log) > 0 && (w.log[0][2:] == "step" || w.log[0][2:] == "block-step"); want != utrace.Stop &&
					stepped != (want == utrace.SingleStep || want == utrace.BlockStep) {
					t.Errorf("reports %q", w.log)
				}
				ea.Control(w.ctx, utrace.Resume)
				eb.Control(w.ctx, utrace.Resume)
				w.run()
				if w.sim.Output(pid) != "x" {
					t.Errorf("did not run to its end: output %q", w.sim.Output(pid))
				}
			})
		}
	}
}

// stopper attaches an engine that stops the thread at its first return from a
// system call.
func (w *world) stopper(pid int, name string, mask utrace.Events) *utrace.Engine {
	h := w.recorder(name)
	first := true
	h.SyscallExit = func(*utrace.Report, *utrace.Syscall) utrace.Action {
		if first {
			first = false
			return utrace.Stop
		}
		return utrace.Resume
	}
	return w.attach(pid, name, mask|utrace.EventSyscallExit, h)
}

func (w *world) control(e *utrace.Engine, a utrace.Action, want error) {
	w.Helper()
	if err := e.Control(w.ctx, a); !errors.Is(err, want) {
		w.Errorf("Control(%v) = %v, want %v", a, err, want)
	}
}

// RS2: the thread runs when the last engine that holds it lets go.
func TestRS2_HoldersAddUp(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"`)
	a := w.stopper(pid, "A", 0)
	b := w.attach(pid, "B", 0, w.recorder("B"))
	w.run()
	w.control(b, utrace.Stop, nil)
	w.control(a, utrace.Resume, nil)
	w.run()
	if w.sim.Output(pid) != "" {
		t.Error("ran although B holds it")
	}
	w.control(b, utrace.Resume, nil)
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("does not run")
	}
}

// RS4: a single step is stricter than a block step. RS5: steps are one-shot.
func TestRS4_RS5_Steps(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; spin 5; exit 0`)
	a := w.stopper(pid, "A", utrace.EventTrap)
	b := w.attach(pid, "B", utrace.EventTrap, w.recorder("B"))
	w.run()
	w.control(b, utrace.BlockStep, nil)
	w.control(a, utrace.SingleStep, nil)
	w.run()
	w.expect("A trap step", "B trap step")
}

// RS6: a report that is asked for while another engine holds the thread comes
// when that one lets go.
func TestRS6_ReportAfterHold(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"`)
	a := w.stopper(pid, "A", 0)
	b := w.attach(pid, "B", utrace.EventQuiesce, &utrace.Funcs{
		Quiesce: func(r *utrace.Report, cause utrace.Events) utrace.Action {
			if cause == 0 {
				w.logf("B quiesce, output %q", w.sim.Output(pid))
			}
			return utrace.Resume
		},
	})
	w.run()
	w.control(b, utrace.ReportSoon, nil)
	w.run()
	w.expect()
	w.control(a, utrace.Resume, nil)
	w.run()
	w.expect(`B quiesce, output ""`)
}

// RS7: Resume takes a Stop back that has not come about.
func TestRS7_ResumeBeforeStop(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`spin 50; print "x"`)
	e := w.attach(pid, "A", 0, w.recorder("A"))
	w.sim.Step()
	w.control(e, utrace.Stop, utrace.ErrInProgress)
	w.control(e, utrace.Resume, nil)
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("does not run")
	}
}

// RS8: when the last engine that holds it detaches, the thread runs.
func TestRS8_DetachReleases(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"`)
	e := w.stopper(pid, "A", 0)
	w.run()
	if err := e.Detach(); err != nil {
		t.Error(err)
	}
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("does not run")
	}
	if err := e.Detach(); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("second Detach: %v", err)
	}
}

// RS10: reports and steps need the event that they are seen by.
func TestRS10_NeedsQuiesce(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("pause")
	e := w.attach(pid, "A", 0, w.recorder("A"))
	for _, a := range []utrace.Action{utrace.ReportSoon, utrace.SingleStep, utrace.BlockStep} {
		w.control(e, a, utrace.ErrInvalid)
	}
	w.control(e, utrace.Interrupt, nil)
	w.control(e, utrace.Action(99), utrace.ErrInvalid)
	w.sim.Kill(pid, 9)
	w.run()
}

// RS3: a hold lasts while others come and go, ask and step, until its engine
// answers otherwise.
func TestRS3_Sticky(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`getppid; print "x"`)
	a := w.stopper(pid, "A", 0)
	b := w.attach(pid, "B", utrace.EventQuiesce|utrace.EventTrap, w.recorder("B"))
	w.run()
	if err := a.SetEvents(0); err != nil {
		t.Error(err)
	}
	for _, action := range []utrace.Action{utrace.ReportSoon, utrace.SingleStep, utrace.Interrupt, utrace.Stop, utrace.Resume, utrace.Detach} {
		w.control(b, action, nil)
		w.run()
		if _, err := a.Examine(w.ctx); err != nil || w.sim.Output(pid) != "" {
			t.Fatalf("after B's %v: %v, output %q", action, err, w.sim.Output(pid))
		}
	}
	w.control(a, utrace.Resume, nil)
	w.run()
	if w.sim.Output(pid) != "x" {
		t.Error("does not run")
	}
}
