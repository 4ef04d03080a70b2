package linux

import (
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// counter resumes everything and says when it has seen enough stops.
type counter struct {
	left int
	done chan struct{}
}

func (c *counter) Handle(ev *tracehook.Event) {
	if !ev.Kind.Stops() {
		return
	}
	if c.left--; c.left == 0 {
		close(c.done)
	}
	if c.left <= 0 {
		ev.Task.Detach(0)
		return
	}
	ev.Task.Resume(tracehook.Run, ev.Signal)
}

// BenchmarkSyscallStop measures one stop of a program that makes nothing but
// cheap system calls.
func BenchmarkSyscallStop(b *testing.B) { benchmarkStops(b, false) }

// BenchmarkSyscallStopOneCPU has tracer and program take turns on one processor,
// where waiting by polling cannot help.
func BenchmarkSyscallStopOneCPU(b *testing.B) { benchmarkStops(b, true) }

func benchmarkStops(b *testing.B, oneCPU bool) {
	b.ReportAllocs()
	p := actor.Start(b, busy)
	c := &counter{left: b.N + 1000, done: make(chan struct{})}
	l, err := New().NewLoop(c)
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- l.Run() }()
	undo := func() {}
	l.Post(func() {
		if oneCPU {
			undo = pin(b, p.PID)
		}
		task, err := l.Attach(p.PID, tracehook.WantSyscalls)
		if err != nil {
			b.Error(err)
			close(c.done)
			return
		}
		task.Interrupt()
	})
	b.ResetTimer()
	<-c.done
	b.StopTimer()
	l.Post(func() { undo() })
	l.Close()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
