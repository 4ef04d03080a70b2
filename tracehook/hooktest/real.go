package hooktest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// Real is the world of real processes, with a back end for the kernel that
// this test runs on.
func Real(k tracehook.Kernel) World { return realWorld{k} }

// Shared is Real for a back end whose loops can attach to the same thread, each
// with stops of its own.
func Shared(k tracehook.Kernel) World { return sharedWorld{realWorld{k}} }

type sharedWorld struct{ realWorld }

// Shares says that a thread can have several loops.
func (sharedWorld) Shares() {}

type realWorld struct{ kernel tracehook.Kernel }

func (w realWorld) Kernel() tracehook.Kernel { return w.kernel }

func (w realWorld) Spawn(tb testing.TB, script string) Process {
	tb.Helper()
	return &realProcess{tb, actor.Start(tb, script)}
}

func (w realWorld) Number(call string) uint64 { return actor.Number(call) }

func (w realWorld) Calls() []actor.Call { return actor.Blocking() }

type realProcess struct {
	tb testing.TB
	p  *actor.Process
}

func (p *realProcess) PID() int { return p.p.PID }

func (p *realProcess) Expect(text string) {
	p.tb.Helper()
	if !p.p.Expect(text) {
		p.tb.FailNow()
	}
}

func (p *realProcess) Output() string { return p.p.Output() }

func (p *realProcess) Release() { p.p.Release() }

func (p *realProcess) AwaitSleep(tid int) {
	p.tb.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Microsecond) {
		// It may be a thread of a child.
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", tid, tid))
		if err != nil {
			p.tb.Fatal(err)
		}
		// The state is after the name, which may itself contain brackets.
		if fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(fields) > 0 && fields[0][0] == 'S' {
			return
		}
		if time.Now().After(deadline) {
			p.tb.Fatalf("thread %d does not sleep: %s", tid, stat)
		}
	}
}

func (p *realProcess) Kill(signal int) {
	p.tb.Helper()
	if err := syscall.Kill(p.p.PID, syscall.Signal(signal)); err != nil {
		p.tb.Errorf("kill: %v", err)
	}
}

func (p *realProcess) Tkill(tid, signal int) {
	p.tb.Helper()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_TKILL, uintptr(tid), uintptr(signal), 0); errno != 0 {
		p.tb.Errorf("tkill %s: %v", strconv.Itoa(tid), errno)
	}
}

func (p *realProcess) Wait() int {
	p.tb.Helper()
	return int(p.p.Wait()) &^ 0x80 // whether it dumps core is not ours to say
}

func (p *realProcess) Parent(n int) []int {
	p.tb.Helper()
	var got []int
	for _, status := range p.p.WaitStatus(n) {
		got = append(got, int(status))
	}
	return got
}
