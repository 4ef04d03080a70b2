package hooktest

import (
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// Simulated is a simulated world, which the loops of the suite drive.
func Simulated(w *sim.World) World { return simWorld{w} }

type simWorld struct{ w *sim.World }

func (w simWorld) Kernel() tracehook.Kernel { return w.w }

func (w simWorld) Spawn(tb testing.TB, script string) Process {
	tb.Helper()
	pid, err := w.w.Spawn(script)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { w.w.Kill(pid, sigKILL) })
	return &simProcess{tb, w.w, pid}
}

// Number and Calls: the simulated machine has the calls of x86_64.
func (w simWorld) Number(call string) uint64 {
	c, ok := syscalls.X86_64.ByName(call)
	if !ok {
		panic("no system call " + call)
	}
	return uint64(c.Number)
}

func (w simWorld) Calls() []actor.Call { return actor.Calls }

type simProcess struct {
	tb  testing.TB
	w   *sim.World
	pid int
}

// until polls: the live world runs by itself.
func (p *simProcess) until(what string, cond func() bool) {
	p.tb.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(20 * time.Microsecond) {
		if time.Now().After(deadline) {
			p.tb.Fatalf("process %d: no %s; output %q", p.pid, what, p.w.Output(p.pid))
		}
	}
}

func (p *simProcess) PID() int       { return p.pid }
func (p *simProcess) Output() string { return p.w.Output(p.pid) }
func (p *simProcess) Release()       { p.w.Input(p.pid, 1) }

func (p *simProcess) Expect(text string) {
	p.tb.Helper()
	p.until("output "+text, func() bool { return strings.Contains(p.Output(), text) })
}

func (p *simProcess) AwaitSleep(tid int) {
	p.tb.Helper()
	p.until("sleep", func() bool { return p.w.State(tid) == 'S' })
}

func (p *simProcess) Kill(signal int) {
	p.tb.Helper()
	if !p.w.Kill(p.pid, signal) {
		p.tb.Errorf("kill: no process %d", p.pid)
	}
}

func (p *simProcess) Tkill(tid, signal int) {
	p.tb.Helper()
	if !p.w.Tkill(tid, signal) {
		p.tb.Errorf("tkill: no thread %d", tid)
	}
}

func (p *simProcess) Wait() (status int) {
	p.tb.Helper()
	p.until("end", func() (ended bool) { status, ended = p.w.Wait(p.pid); return ended })
	return status
}

// Parent is nil: the world is a parent that only waits for the end.
func (p *simProcess) Parent(int) []int { return nil }
