package waitloop

import (
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/scale"
)

func eventfd(t *testing.T, value uint) int {
	fd, err := unix.Eventfd(value, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func add(fd int, n uint64) {
	unix.Write(fd, unsafe.Slice((*byte)(unsafe.Pointer(&n)), 8))
}

func TestWatch(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		fd := eventfd(t, 0)
		defer unix.Close(fd)
		calls := 0
		if err := l.Watch(fd, unix.EPOLLIN, func(revents uint32) {
			if !l.OnThread() || revents != unix.EPOLLIN {
				t.Errorf("called with %#x, on the thread: %v", revents, l.OnThread())
			}
			// Left readable: as long as it is, the callback is called again.
			if calls++; calls%3 == 0 {
				unix.Read(fd, make([]byte, 8))
			}
		}); err != nil {
			t.Fatal(err)
		}
		for round := 1; round <= 50; round++ {
			// From another thread, half of the times into the loop's sleep.
			go func() {
				if round%2 == 0 {
					awaitState(l, asleep)
				}
				add(fd, 1)
			}()
			for calls < 3*round {
				if _, _, ok := wait(t, l); ok {
					t.Fatal("a status from nowhere")
				}
			}
		}
		if err := l.Unwatch(fd); err != nil {
			t.Error(err)
		}
		add(fd, 1)
		l.Wait(false)
		if calls != 150 {
			t.Errorf("%d calls, want 150", calls)
		}
	})
}

func TestWatchErrors(t *testing.T) {
	onThread(func() {
		l := newLoop(t, Options{})
		defer l.Close()
		fd := eventfd(t, 0)
		defer unix.Close(fd)
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		nothing := func(uint32) {}
		for _, c := range []struct {
			what string
			err  error
			want error
		}{
			{"first Watch", l.Watch(fd, unix.EPOLLIN, nothing), nil},
			{"second Watch", l.Watch(fd, unix.EPOLLIN, nothing), syscall.EEXIST},
			{"Watch of a file", l.Watch(int(file.Fd()), unix.EPOLLIN, nothing), syscall.EPERM},
			{"Watch of -1", l.Watch(-1, unix.EPOLLIN, nothing), syscall.EBADF},
			{"Unwatch", l.Unwatch(fd), nil},
			{"second Unwatch", l.Unwatch(fd), syscall.ENOENT},
			{"Unwatch of the bell", l.Unwatch(l.bell), syscall.ENOENT},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
			}
		}
	})
}

// Two descriptors are ready at once and the callback of the first removes the
// second, or replaces it by another one with the same number.
func TestUnwatchInCallback(t *testing.T) {
	for _, replace := range []bool{false, true} {
		onThread(func() {
			l := newLoop(t, Options{})
			defer l.Close()
			fds := []int{eventfd(t, 1), eventfd(t, 1)}
			var called []int
			for i, fd := range fds {
				other := fds[1-i]
				err := l.Watch(fd, unix.EPOLLIN, func(uint32) {
					called = append(called, fd)
					unix.Read(fd, make([]byte, 8))
					if err := l.Unwatch(other); err != nil {
						t.Error(err)
					}
					if !replace {
						return
					}
					unix.Read(other, make([]byte, 8))
					err := l.Watch(other, unix.EPOLLIN, func(uint32) { t.Error("not ready, but called") })
					if err != nil {
						t.Error(err)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			wait(t, l)
			l.Wait(false)
			if len(called) != 1 {
				t.Errorf("called %v, want one of %v", called, fds)
			}
			for _, fd := range fds {
				l.Unwatch(fd)
				unix.Close(fd)
			}
		})
	}
}

func TestTimers(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		var fired []int
		after := func(d time.Duration, n int) *Timer {
			timer, err := l.After(d, func() { fired = append(fired, n) })
			if err != nil {
				t.Fatal(err)
			}
			return timer
		}
		start := time.Now()
		after(30*time.Millisecond, 3)
		stopped := after(5*time.Millisecond, 0)
		first := after(10*time.Millisecond, 1)
		after(20*time.Millisecond, 2)
		after(-time.Second, -1)
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop: want true once, then false")
		}
		for len(fired) < 4 {
			wait(t, l)
		}
		if took := time.Since(start); took < 30*time.Millisecond {
			t.Errorf("all fired after %v", took)
		}
		if want := []int{-1, 1, 2, 3}; !slices.Equal(fired, want) {
			t.Errorf("fired %v, want %v", fired, want)
		}
		if first.Stop() {
			t.Error("Stop of a fired timer returned true")
		}
	})
}

// QuietStops silences stops and keeps exits.
func TestQuietStops(t *testing.T) {
	onThread(func() {
		heard := make(chan os.Signal, 1000)
		signal.Notify(heard, syscall.SIGCHLD)
		defer signal.Stop(heard)
		undo, err := QuietStops()
		if err != nil {
			t.Fatal(err)
		}
		l := newLoop(t, Options{})
		defer l.Close()
		pid := trace(t, l)
		// io_uring, wait4 and everything else: no stop makes a signal now.
		for len(heard) > 0 {
			<-heard
		}
		for stops := 0; stops < 100; {
			if tid, status, ok := wait(t, l); ok {
				resume(t, tid, status)
				stops++
			}
		}
		if len(heard) > 0 {
			t.Error("SIGCHLD for a stop")
		}
		killAll(t, l, pid)
		select {
		case <-heard:
		case <-time.After(scale.Time(10 * time.Second)):
			t.Error("no SIGCHLD for the exit")
		}
		if err := undo(); err != nil {
			t.Error(err)
		}
		if flag, err := setNoCldStop(0); flag != 0 || err != nil {
			t.Errorf("after undo the flag is %d, %v", flag, err)
		}
	})
}
