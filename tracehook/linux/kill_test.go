package linux

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
)

// TestKillWhileStopped holds a process in each kind of stop and kills it. The
// stop must be voided and the end be reported, to us and to the parent.
func TestKillWhileStopped(t *testing.T) {
	for _, c := range []struct {
		kind   tracehook.Kind
		script string
		want   tracehook.Interest
	}{
		{tracehook.SyscallEntry, "barrier x; repeat 1000000 { getppid }", all},
		{tracehook.SyscallExit, "barrier x; repeat 1000000 { getppid }", all},
		{tracehook.Signal, "handle USR1; barrier x; kill USR1; pause", 0},
		{tracehook.Clone, "barrier x; fork { pause }; pause", all},
		{tracehook.Clone, "barrier x; thread { pause }; pause", all},
		{tracehook.VforkDone, "barrier x; vfork { }; pause", all},
		{tracehook.Exec, "barrier x; exec { pause }", all},
		{tracehook.Quiesce, "barrier x; pause", 0},
		{tracehook.GroupStop, "barrier x; stop; pause", 0},
	} {
		for _, exits := range []tracehook.Interest{0, tracehook.WantExit} {
			t.Run(fmt.Sprint(c.kind, " ", c.script, " ", exits), func(t *testing.T) {
				p := actor.Start(t, c.script)
				p.Expect("@x\n")
				armed := false
				held := make(chan error, 1)
				r := newRig(t, func(ev *tracehook.Event) bool {
					if !armed || ev.Kind != c.kind || ev.Task.ID() != p.PID {
						return false
					}
					armed = false
					held <- nil
					return true
				})
				want := c.want&^tracehook.WantExit | exits
				task := r.attach(p.PID, want)
				r.await(1, "quiesce")
				r.do(func() { armed = true })
				if c.kind == tracehook.Quiesce {
					r.do(func() { task.Interrupt() })
				}
				p.Release()
				<-held
				syscall.Kill(p.PID, syscall.SIGKILL)
				r.await(1, fmt.Sprint(p.PID, " reap 0x9"))
				if status := p.Wait(); status.Signal() != syscall.SIGKILL {
					t.Errorf("the parent heard %#x", status)
				}
				told := " death 0x9 parent 17"
				if strings.Contains(c.script, "thread") {
					told = " death 0x9 parent" // the leader may be the first to end
				}
				if n := r.events.Count(fmt.Sprint(p.PID, told)); n != 1 {
					t.Errorf("%d deaths", n)
				}
				r.do(func() {
					if err := task.Resume(tracehook.Run, 0); !errors.Is(err, tracehook.ErrGone) {
						t.Errorf("resume of the dead: %v", err)
					}
					if err := task.Interrupt(); !errors.Is(err, tracehook.ErrGone) {
						t.Errorf("interrupt of the dead: %v", err)
					}
				})
			})
		}
	}
}

// TestKillInStorm kills processes that are making threads and children, with
// all events on. Each task must end in one Death and one Reap.
func TestKillInStorm(t *testing.T) {
	tasks := make(map[tracehook.Task]int) // Death counts 1, Reap 16
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Clone && ev.Child != nil {
			tasks[ev.Child] = 0
		}
		switch ev.Kind {
		case tracehook.Death:
			tasks[ev.Task]++
		case tracehook.Reap:
			tasks[ev.Task] += 16
		}
		return false
	})
	for i := range scale.Rounds(40) {
		p := actor.Start(t, "barrier x; repeat 1000 { thread { getppid }; fork { thread { getpid }; getppid }; join }")
		p.Expect("@x\n")
		task := r.attach(p.PID, all&^tracehook.WantSyscalls)
		r.do(func() { tasks[task] = 0 })
		p.Release()
		r.await(10*(i+1), "clone")
		syscall.Kill(p.PID, syscall.SIGKILL)
		p.Wait()
		r.await(1, fmt.Sprint(p.PID, " reap"))
	}
	// Children outlive their parents by a moment.
	r.eventually(func() bool {
		for _, n := range tasks {
			if n != 17 {
				return false
			}
		}
		return r.loop.tasks.n == 0 && len(r.loop.births.parents) == 0
	})
}
