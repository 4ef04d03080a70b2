package utrace_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// idler is a handler for both ends of system calls that does nothing.
type idler struct{ calls int }

func (h *idler) ReportSyscallEntry(*utrace.Report, *utrace.Syscall) (a utrace.SyscallAnswer) {
	h.calls++
	return a
}

func (h *idler) ReportSyscallExit(*utrace.Report, *utrace.Syscall) utrace.Action {
	return utrace.Resume
}

// rig is a core that is handed events without a kernel, which would cost more
// than what is measured.
type rig struct {
	core    *utrace.Core
	entry   tracehook.Event
	exit    tracehook.Event
	handler idler
}

func newRig(tb testing.TB, engines int) *rig {
	tb.Helper()
	w := sim.New(1)
	core, err := utrace.New(silent{w}, utrace.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { core.Close() })
	r := &rig{core: core}
	pid, _ := w.Spawn("spin")
	for range engines {
		if _, err := core.Attach(context.Background(), pid, &r.handler, utrace.WithEvents(utrace.EventSyscall)); err != nil {
			tb.Fatal(err)
		}
	}
	task := lastTask
	r.entry = tracehook.Event{Kind: tracehook.SyscallEntry, Task: task, Subject: task}
	r.exit = tracehook.Event{Kind: tracehook.SyscallExit, Task: task, Subject: task}
	return r
}

// call makes one system call: two stops.
func (r *rig) call() {
	r.core.Handle(&r.entry)
	r.core.Handle(&r.exit)
}

// silent is a kernel whose tasks resume without doing anything.
type silent struct{ tracehook.Kernel }

type silentLoop struct{ tracehook.Loop }

type silentTask struct{ tracehook.Task }

var lastTask *silentTask

func (s silent) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	l, err := s.Kernel.NewLoop(h)
	return silentLoop{l}, err
}

func (l silentLoop) Attach(id int, i tracehook.Interest) (tracehook.Task, error) {
	t, err := l.Loop.Attach(id, i)
	if err != nil {
		return nil, err
	}
	lastTask = &silentTask{t}
	return lastTask, nil
}

func (*silentTask) Resume(tracehook.Mode, int) error { return nil }
func (*silentTask) Detach(int) error                 { return nil }
func (*silentTask) Interrupt() error                 { return nil }

// BenchmarkStop is what the core adds to a stop of the kernel's.
func BenchmarkStop(b *testing.B) {
	for _, engines := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("engines=%d", engines), func(b *testing.B) {
			r := newRig(b, engines)
			b.ReportAllocs()
			for b.Loop() {
				r.call()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2, "ns/stop")
		})
	}
}

// A stop allocates nothing, however many engines there are.
func TestStopAllocatesNothing(t *testing.T) {
	for _, engines := range []int{1, 2, 8} {
		r := newRig(t, engines)
		r.call()
		if n := testing.AllocsPerRun(1000, r.call); n != 0 {
			t.Errorf("%d engines: %v allocations per system call", engines, n)
		}
		if r.handler.calls < 1000*engines {
			t.Errorf("%d engines: %d calls", engines, r.handler.calls)
		}
	}
}

// BenchmarkAttach is one more engine on a thread, and its detachment.
func BenchmarkAttach(b *testing.B) {
	r := newRig(b, 1)
	ctx := context.Background()
	id := lastTask.ID()
	var h idler
	b.ReportAllocs()
	for b.Loop() {
		e, err := r.core.Attach(ctx, id, &h, utrace.WithEvents(utrace.EventSyscall))
		if err != nil {
			b.Fatal(err)
		}
		e.Detach()
	}
}

// A traced thread with one engine costs the core less than 4 KiB.
func TestMemoryPerThread(t *testing.T) {
	const threads, limit = 10000, 4096
	w := sim.New(1)
	core, err := utrace.New(w, utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	pids := make([]int, threads)
	for i := range pids {
		pids[i], _ = w.Spawn("await pause")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var h idler
	for _, pid := range pids {
		if _, err := core.Attach(context.Background(), pid, &h, utrace.WithEvents(utrace.EventSyscall)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := (after.HeapAlloc - before.HeapAlloc) / threads
	t.Logf("%d bytes per thread, the simulated kernel's part included", per)
	if per > limit {
		t.Errorf("%d bytes per thread, more than %d", per, limit)
	}
}
