package waitloop

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/scale"
)

// wait is a blocking Wait that must not fail.
func wait(t testing.TB, l *Loop) (tid int, status syscall.WaitStatus, ok bool) {
	t.Helper()
	tid, status, ok, err := l.Wait(true)
	if err != nil {
		t.Fatal(err)
	}
	return tid, status, ok
}

func TestStatuses(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		pid := trace(t, l)
		for range 1000 {
			tid, status, ok := wait(t, l)
			if !ok {
				continue
			}
			if tid != pid || !status.Stopped() {
				t.Fatalf("status %#x of thread %d, want a stop of %d", int(status), tid, pid)
			}
			resume(t, tid, status)
		}
		killAll(t, l, pid)
		if tid, _, ok, err := l.Wait(false); ok || err != nil {
			t.Errorf("after the last death: thread %d, %v, %v", tid, ok, err)
		}
	})
}

func TestExitStatusAndRusage(t *testing.T) {
	for _, rusage := range []bool{false, true} {
		onThread(func() {
			l := newLoop(t, Options{Rusage: rusage})
			defer l.Close()
			pid := startRole(t, "exit")
			for {
				tid, status, ok := wait(t, l)
				if !ok {
					continue
				}
				if tid != pid || !status.Exited() || status.ExitStatus() != 7 {
					t.Errorf("status %#x of %d, want exit status 7 of %d", int(status), tid, pid)
				}
				if got := l.Rusage().Maxrss > 0; got != rusage {
					t.Errorf("Rusage has a memory size: %v, want %v", got, rusage)
				}
				return
			}
		})
	}
}

// A stop costs no memory.
func TestNoAllocation(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		pid := trace(t, l)
		if n := testing.AllocsPerRun(1000, func() {
			if tid, status, ok := wait(t, l); ok {
				resume(t, tid, status)
			}
		}); n != 0 {
			t.Errorf("%v allocations per stop", n)
		}
		killAll(t, l, pid)
	})
}

// With nobody to wait for (ECHILD) a loop still sleeps, and is woken by a ring.
func TestRingWithoutTracee(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		if _, _, ok, err := l.Wait(false); ok || err != nil {
			t.Fatalf("Wait(false) with nobody there: %v, %v", ok, err)
		}
		l.Ring()
		l.Ring()
		if _, _, ok := wait(t, l); ok {
			t.Fatal("a status from nowhere")
		}
		var ran atomic.Bool
		go func() {
			awaitState(l, asleep)
			l.Post(func() { ran.Store(true) })
		}()
		for !ran.Load() {
			wait(t, l)
		}
	})
}

func awaitState(l *Loop, want uint32) {
	for l.state.Load() != want {
		runtime.Gosched()
	}
}

// Each goroutine posts, waits until it has run, and posts again, so that every
// single wake-up counts; others ring without end. A lost one would be a hang.
func TestNoRingIsLost(t *testing.T) {
	rings := scale.Rounds(100_000)
	eachMechanism(t, func(t *testing.T, l *Loop) {
		const posters, ringers = 4, 2
		var left atomic.Int32
		var stop atomic.Bool
		var all sync.WaitGroup
		left.Store(posters)
		ran := 0 // by the loop's thread only: the race detector checks that
		for range posters {
			all.Go(func() {
				heard := make(chan struct{}, 1)
				for range rings / posters / 10 {
					if !l.Post(func() { ran++; heard <- struct{}{} }) {
						t.Error("Post refused")
					}
					select {
					case <-heard:
					case <-time.After(scale.Time(20 * time.Second)):
						panic("a wake-up was lost")
					}
				}
				left.Add(-1)
				l.Ring()
			})
		}
		for range ringers {
			all.Go(func() {
				for i := 0; i < rings && !stop.Load(); i++ {
					l.Ring()
					if i%100 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		for left.Load() > 0 {
			if _, _, ok := wait(t, l); ok {
				t.Error("a status from nowhere")
			}
		}
		stop.Store(true)
		all.Wait()
		if want := rings / posters / 10 * posters; ran != want {
			t.Errorf("%d functions ran, want %d", ran, want)
		}
	})
}

// While stops come without a pause, everybody else still gets a turn. There is no
// pause at all here: Wait is called only when each tracee has stopped again, and
// the kernel would then offer the same one for ever.
func TestStormIsFair(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		stops := map[int]int{}
		for range 4 {
			stops[trace(t, l)] = 0
		}
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(pipe[0])
		defer unix.Close(pipe[1])
		unix.Write(pipe[1], []byte{0})
		read, posted, fired := false, false, false
		if err := l.Watch(pipe[0], unix.EPOLLIN, func(uint32) {
			unix.Read(pipe[0], make([]byte, 1))
			read = true
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.After(time.Millisecond, func() { fired = true }); err != nil {
			t.Fatal(err)
		}
		go l.Post(func() { posted = true })
		least := func() int {
			n := 1 << 30
			for _, s := range stops {
				n = min(n, s)
			}
			return n
		}
		for turn := 0; !read || !posted || !fired || least() < 100; turn++ {
			if turn > 20_000 {
				t.Fatalf("starving: read %v, posted %v, fired %v, stops %v", read, posted, fired, stops)
			}
			if tid, status, ok := wait(t, l); ok {
				stops[tid]++
				resume(t, tid, status)
				awaitStop(t, tid)
			}
		}
		if err := l.Unwatch(pipe[0]); err != nil {
			t.Error(err)
		}
		var pids []int
		for pid := range stops {
			pids = append(pids, pid)
		}
		killAll(t, l, pids...)
	})
}

// The loop takes no exit from os/exec, and os/exec no stop from the loop.
func TestBesideExec(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		pid := trace(t, l)
		const workers, runs = 4, 100
		var left atomic.Int32
		left.Store(workers)
		for range workers {
			go func() {
				for range runs {
					c := exec.Command("/proc/self/exe")
					c.Env = []string{roleVariable + "=exit"}
					if err := c.Run(); c.ProcessState == nil || c.ProcessState.ExitCode() != 7 {
						t.Errorf("a command was lost: %v", err)
					}
				}
				left.Add(-1)
				l.Ring()
			}()
		}
		for left.Load() > 0 {
			if tid, status, ok := wait(t, l); ok {
				if tid != pid {
					t.Errorf("status %#x of thread %d, which is not ours", int(status), tid)
				}
				resume(t, tid, status)
			}
		}
		killAll(t, l, pid)
	})
}

func TestMisuse(t *testing.T) {
	onThread(func() {
		if l, err := New(Options{Mechanism: 99}); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("New with mechanism 99: %v, %v", l, err)
		}
		l := newLoop(t, Options{})
		if !l.OnThread() {
			t.Error("OnThread is false on the thread")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if l.OnThread() {
				t.Error("OnThread is true elsewhere")
			}
			for name, err := range map[string]error{
				"Watch":   l.Watch(0, unix.EPOLLIN, nil),
				"Unwatch": l.Unwatch(0),
				"Close":   l.Close(),
			} {
				if !errors.Is(err, ErrWrongThread) {
					t.Errorf("%s on another thread: %v", name, err)
				}
			}
		}()
		<-done
		ran := false
		l.Post(func() { ran = true })
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if !ran {
			t.Error("Close dropped a function")
		}
		if l.Post(func() {}) {
			t.Error("Post after Close was accepted")
		}
		l.Ring()
		if _, _, _, err := l.Wait(true); !errors.Is(err, ErrClosed) {
			t.Errorf("Wait after Close: %v", err)
		}
		if err := l.Watch(0, unix.EPOLLIN, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Watch after Close: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// Whatever is left of a loop when its ringers are still at work is not written to
// after Close: the descriptor may be somebody else's by then.
func TestCloseUnderRings(t *testing.T) {
	var stop atomic.Bool
	var current atomic.Pointer[Loop]
	var ringers sync.WaitGroup
	for range 3 {
		ringers.Go(func() {
			for !stop.Load() {
				if l := current.Load(); l != nil {
					l.Ring()
				}
			}
		})
	}
	for range scale.Rounds(100) {
		onThread(func() {
			l := newLoop(t, Options{})
			bell := l.bell
			current.Store(l)
			for range 20 {
				wait(t, l)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			// The lowest free number: very likely the bell's or a neighbour's.
			var others [6]int
			for i := range others {
				others[i], _ = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
			}
			runtime.Gosched()
			for _, fd := range others {
				if n, _ := unix.Read(fd, make([]byte, 8)); n == 8 {
					t.Errorf("a late ring was written to descriptor %d; the bell was %d", fd, bell)
				}
				unix.Close(fd)
			}
		})
	}
	stop.Store(true)
	ringers.Wait()
}

// A container that refuses io_uring gets a doorbell.
func TestAutoWithoutUring(t *testing.T) {
	onThread(func() {
		filter := []unix.SockFilter{
			{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the call's number
			{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_IO_URING_SETUP, Jf: 1},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		}
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		if err := setFilter(&program); err != nil { // of this thread only
			t.Fatal(err)
		}
		if _, err := New(Options{Mechanism: Uring}); !errors.Is(err, syscall.EPERM) {
			t.Errorf("New with io_uring refused: %v", err)
		}
		l := newLoop(t, Options{})
		defer l.Close()
		if l.Mechanism() != Doorbell {
			t.Errorf("mechanism %v, want the doorbell", l.Mechanism())
		}
		pid := trace(t, l)
		killAll(t, l, pid)
	})
}

func TestNoDescriptorLeaks(t *testing.T) {
	eachMechanism(t, func(t *testing.T, _ *Loop) {
		count := func() int {
			entries, err := os.ReadDir("/proc/self/fd")
			if err != nil {
				t.Fatal(err)
			}
			return len(entries)
		}
		before := count()
		for range 50 {
			l := newLoop(t, Options{})
			l.Ring()
			wait(t, l)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if after := count(); after != before {
			t.Errorf("%d descriptors before, %d after", before, after)
		}
	})
}
