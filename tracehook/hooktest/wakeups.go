package hooktest

import (
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

// after sets timers out of order, and stops one.
func after(t *testing.T, w World) {
	r := newRig(t, w)
	const late, soon = 30 * time.Millisecond, time.Millisecond
	var order []string
	var took time.Duration
	done := make(chan struct{})
	var stopped, ran tracehook.Timer
	r.do(func() {
		began := time.Now()
		r.loop.After(late, func() {
			if took = time.Since(began); !r.loop.OnLoop() {
				t.Error("a timer's function does not run on the loop")
			}
			order = append(order, "late")
			close(done)
		})
		ran = r.loop.After(soon, func() { order = append(order, "soon") })
		stopped = r.loop.After(soon, func() { order = append(order, "stopped") })
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop has to be in time once, and only once")
		}
	})
	r.await(done, "the timer")
	if !slices.Equal(order, []string{"soon", "late"}) {
		t.Errorf("functions were run in the order %v", order)
	}
	if took < late-soon {
		t.Errorf("After of %v came after %v", late, took)
	}
	r.do(func() {
		if ran.Stop() {
			t.Error("Stop was in time after the function had run")
		}
	})
}

// await waits until done is closed.
func (r *rig) await(done chan struct{}, what string) {
	r.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		r.Fatalf("%s does not come", what)
	}
}

// watchDescriptor has the loop read what is written to a pipe.
func watchDescriptor(t *testing.T, w World) {
	r := newRig(t, w)
	first, second := newPipe(t), newPipe(t)
	var err error
	got := ""
	all := make(chan struct{})
	r.do(func() {
		err = r.loop.Watch(first.read, func() {
			if !r.loop.OnLoop() {
				t.Error("a watch's function does not run on the loop")
			}
			// Byte by byte: it must be called until there is nothing left.
			if got += first.take(1); got == "abc" {
				close(all)
			}
		})
	})
	if errors.Is(err, tracehook.ErrNotSupported) {
		r.do(func() {
			if err := r.loop.Unwatch(first.read); !errors.Is(err, tracehook.ErrNotSupported) {
				t.Errorf("Watch is not supported, but Unwatch fails with %v", err)
			}
		})
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	first.put("a")
	first.put("bc")
	r.await(all, "the call for what was written")

	// What is ready after Unwatch must not be reported. The second pipe becomes
	// ready later than the first.
	r.check(func() error { return r.loop.Unwatch(first.read) })
	later := make(chan struct{})
	r.check(func() error {
		return r.loop.Watch(second.read, func() { second.take(1); close(later) })
	})
	first.put("d")
	second.put("x")
	r.await(later, "the call for the second pipe")
	r.check(func() error { return r.loop.Unwatch(second.read) })
	if got != "abc" {
		t.Errorf("read %q, want abc: nothing after Unwatch", got)
	}
}

// pipe is a pipe whose ends do not block.
type pipe struct {
	t           *testing.T
	read, write int
}

func newPipe(t *testing.T) pipe {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fds[0]); syscall.Close(fds[1]) })
	return pipe{t, fds[0], fds[1]}
}

func (p pipe) put(s string) {
	p.t.Helper()
	if _, err := syscall.Write(p.write, []byte(s)); err != nil {
		p.t.Error(err)
	}
}

func (p pipe) take(n int) string {
	buf := make([]byte, n)
	n, err := syscall.Read(p.read, buf)
	if err != nil {
		p.t.Errorf("nothing to read: %v", err)
		return ""
	}
	return string(buf[:n])
}
