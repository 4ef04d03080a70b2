package sim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/hooktest"
	"github.com/utrace/utrace/tracehook/sim"
)

// TestContract runs the conformance suite on live worlds.
func TestContract(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(string(rune('a'+seed)), func(t *testing.T) {
			hooktest.TestKernel(t, world{sim.New(seed)})
		})
	}
}

type world struct{ w *sim.World }

func (w world) Kernel() tracehook.Kernel { return w.w }

func (w world) Spawn(tb testing.TB, script string) hooktest.Process {
	tb.Helper()
	pid, err := w.w.Spawn(script)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { w.w.Kill(pid, 9) })
	return &process{tb, w.w, pid}
}

type process struct {
	tb  testing.TB
	w   *sim.World
	pid int
}

// until polls: the live world runs by itself.
func (p *process) until(what string, cond func() bool) {
	p.tb.Helper()
	for deadline := time.Now().Add(10 * time.Second); !cond(); time.Sleep(20 * time.Microsecond) {
		if time.Now().After(deadline) {
			p.tb.Fatalf("process %d: no %s; output %q", p.pid, what, p.w.Output(p.pid))
		}
	}
}

func (p *process) PID() int       { return p.pid }
func (p *process) Output() string { return p.w.Output(p.pid) }
func (p *process) Release()       { p.w.Input(p.pid, 1) }

func (p *process) Expect(text string) {
	p.tb.Helper()
	p.until("output "+text, func() bool { return strings.Contains(p.Output(), text) })
}

func (p *process) AwaitSleep(tid int) {
	p.tb.Helper()
	p.until("sleep", func() bool { return p.w.State(tid) == 'S' })
}

func (p *process) Kill(signal int) {
	p.tb.Helper()
	if !p.w.Kill(p.pid, signal) {
		p.tb.Errorf("kill: no process %d", p.pid)
	}
}

func (p *process) Tkill(tid, signal int) {
	p.tb.Helper()
	if !p.w.Tkill(tid, signal) {
		p.tb.Errorf("tkill: no thread %d", tid)
	}
}

func (p *process) Wait() (status int) {
	p.tb.Helper()
	p.until("end", func() (ended bool) { status, ended = p.w.Wait(p.pid); return ended })
	return status
}

// Parent is nil: the world is a parent that only waits for the end.
func (p *process) Parent(int) []int { return nil }
