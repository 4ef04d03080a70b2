package scenarios_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
)

// TestCT1_StopRunning stops a thread that computes: it is asked first, and then it
// stands, registers and all.
func TestCT1_StopRunning(t *testing.T) {
	r := newRig(t)
	p := r.start("spin")
	h := &utrace.Funcs{Quiesce: func(x *utrace.Report, cause utrace.Events) utrace.Action {
		r.log.Printf("quiesce %v", cause)
		return utrace.Stop
	}}
	e := r.attach(p.PID, utrace.EventQuiesce, h)
	p.Release()
	until(t, "it spins", func() bool { return status(p.PID).State == 'R' })
	if err := e.Control(r.ctx, utrace.Stop); !errors.Is(err, utrace.ErrInProgress) {
		t.Errorf("stop of a running thread: %v", err)
	}
	r.stopped(e)
	r.expect("", "quiesce none")
	now, x := r.examine(e)
	first := now.general(t)
	for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if !bytes.Equal(first, now.general(t)) {
			t.Fatal("the registers of a stopped thread change")
		}
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	if s := status(p.PID).State; s != 't' {
		t.Errorf("state %c", s)
	}
	// CT2: a second stop is no news.
	if err := e.Control(r.ctx, utrace.Stop); err != nil {
		t.Errorf("stop of a stopped thread: %v", err)
	}
	r.expect("", "quiesce none")
	r.control(e, utrace.Resume)
	untilState(t, p.PID, "R")
}

// TestCT2_StopStopped stops a stopped thread for a second engine.
func TestCT2_StopStopped(t *testing.T) {
	r := newRig(t)
	p := r.start("spin")
	p.Release()
	a := r.attach(p.PID, 0, r.recorder("A"))
	b := r.attach(p.PID, utrace.EventQuiesce, r.recorder("B"))
	r.stop(a)
	if err := b.Control(r.ctx, utrace.Stop); err != nil {
		t.Errorf("stop of a stopped thread: %v", err)
	}
	r.stopped(b)
	r.control(a, utrace.Resume)
	if s := status(p.PID).State; s != 't' {
		t.Errorf("state %c while B holds", s)
	}
	r.control(b, utrace.Resume)
	untilState(t, p.PID, "R")
}

// TestCT4_InterruptSleeper interrupts a thread in pause: there is a signal pass
// without a signal, and the pause goes on. What is pending and blocked stays.
func TestCT4_InterruptSleeper(t *testing.T) {
	r := newRig(t)
	p := r.start("block USR2; kill USR2; handle USR1 print; pause; result pause")
	h := r.recorder("A")
	e := r.attach(p.PID, utrace.EventQuiesce|utrace.EventSignalAll, h)
	p.Release()
	for i := range 20 {
		untilIn(t, p.PID, "pause")
		if err := e.Control(r.ctx, utrace.Interrupt); err != nil {
			t.Fatal(err)
		}
		r.await(i+1, "A signal 0")
	}
	untilIn(t, p.PID, "pause")
	if pending := status(p.PID).SharedPending; pending != 1<<(syscall.SIGUSR2-1) {
		t.Errorf("pending %#x", pending)
	}
	if got := p.Output(); got != "@x\n" {
		t.Errorf("the program noticed: %q", got)
	}
	syscall.Kill(p.PID, syscall.SIGUSR1)
	p.Expect("got USR1 0\npause: EINTR\n")
	if n := r.log.Count("A signal 0"); n != 20 {
		t.Errorf("%d passes without a signal", n)
	}
}

// TestCT8_RandomStops has three engines stop and resume eight threads at random. In
// the end all run, and the program has seen nothing.
func TestCT8_RandomStops(t *testing.T) {
	r := newRig(t)
	const threads = 8
	p := r.start(fmt.Sprintf("repeat %d { thread { repeat 1000000000 { yield } } }; pause; result pause", threads))
	p.Release()
	ids := r.threads(p.PID, threads)
	var engines [3][]*utrace.Engine
	for i := range engines {
		for _, tid := range ids {
			engines[i] = append(engines[i], r.attach(tid, 0, &utrace.Funcs{}))
		}
	}
	untilIn(t, p.PID, "pause")
	var all sync.WaitGroup
	for i := range engines {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 8))
			for range scale.Rounds(350) {
				e, action := engines[i][random.IntN(threads)], utrace.Resume
				if random.IntN(2) == 0 {
					action = utrace.Stop
				}
				if err := e.Control(r.ctx, action); err != nil && !errors.Is(err, utrace.ErrInProgress) {
					t.Errorf("%v: %v", action, err)
				}
			}
			for _, e := range engines[i] {
				if err := e.Control(r.ctx, utrace.Resume); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, tid := range ids {
		advances(t, tid)
	}
	if got := p.Output(); got != "@x\n" || len(p.Statuses()) != 0 {
		t.Errorf("the program noticed: %q, its parent %v", got, p.Statuses())
	}
}

// advances waits until the thread, which computes or makes calls all the time,
// has used processor time.
func advances(t testing.TB, tid int) {
	t.Helper()
	before := runTime(t, tid)
	until(t, fmt.Sprintf("thread %d runs on", tid), func() bool { return runTime(t, tid) > before })
}

// TestCT9_Coalesce gives many interrupts in a row to a stopped thread: they are one.
// None of them shows after a detach.
func TestCT9_Coalesce(t *testing.T) {
	r := newRig(t)
	p := r.start("repeat 1000000000 { yield }")
	p.Release()
	holder := r.attach(p.PID, 0, r.recorder("H"))
	a := r.attach(p.PID, utrace.EventQuiesce, &utrace.Funcs{Quiesce: func(*utrace.Report, utrace.Events) utrace.Action {
		r.log.Printf("quiesce")
		return utrace.Resume
	}})
	r.stop(holder)
	r.log.Clear()
	for range 100 {
		r.control(a, utrace.ReportSoon)
	}
	r.expect("")
	r.control(holder, utrace.Resume)
	r.await(1, "quiesce")
	r.stop(holder)
	r.expect("quiesce", "quiesce", "quiesce") // its own, and that of the stop
	r.control(a, utrace.Interrupt)
	r.control(a, utrace.ReportSoon)
	r.log.Clear()
	r.detach(a)
	r.control(holder, utrace.Resume)
	advances(t, p.PID)
	r.detach(holder)
	checkFree(t, p.PID)
	advances(t, p.PID)
	r.expect("")
}

// TestCT10_StopInVfork stops the parent of a vfork child that has not exec'd: it
// cannot come before the child lets it. Everything else goes on.
func TestCT10_StopInVfork(t *testing.T) {
	r := newRig(t)
	p := r.start(`vfork { await read_pipe; exec { print "child\n" } }; print "parent\n"; pause`)
	var child int
	e := r.attach(p.PID, utrace.EventClone|utrace.EventQuiesce, &utrace.Funcs{
		Clone: func(x *utrace.Report, c *utrace.Clone) utrace.Action {
			child = c.ID
			if !c.Vfork() {
				t.Errorf("flags %#x", c.Flags)
			}
			r.log.Printf("clone")
			return utrace.Resume
		},
		Quiesce: func(x *utrace.Report, cause utrace.Events) utrace.Action {
			r.log.Printf("quiesce %v", cause)
			if cause == 0 {
				return utrace.Stop
			}
			return utrace.Resume
		},
	})
	p.Release()
	r.await(1, "clone")
	untilIn(t, child, "read")
	if err := e.Control(r.ctx, utrace.Stop); !errors.Is(err, utrace.ErrInProgress) {
		t.Errorf("stop: %v", err)
	}
	if _, err := e.Examine(r.ctx); !errors.Is(err, utrace.ErrAgain) {
		t.Errorf("examine: %v", err)
	}
	if n := r.log.Count("quiesce none"); n != 0 {
		t.Error("the parent came out of vfork")
	}
	syscall.Kill(child, syscall.SIGKILL)
	r.stopped(e)
	if strings.Contains(p.Output(), "parent") {
		t.Error("the parent ran")
	}
	r.control(e, utrace.Resume)
	p.Expect("parent\n")
}

// TestCT13_KilledWhileExamined kills a thread while it is being looked at.
func TestCT13_KilledWhileExamined(t *testing.T) {
	r := newRig(t)
	for range 20 {
		p := r.start("spin")
		p.Release()
		e := r.attach(p.PID, 0, &utrace.Funcs{})
		r.stop(e)
		now, x := r.examine(e)
		now.general(t)
		syscall.Kill(p.PID, syscall.SIGKILL)
		untilGone(t, p.PID)
		gpr := make([]byte, now.abi.GeneralSize())
		if _, err := x.ReadRegset(1, gpr); !errors.Is(err, utrace.ErrAgain) && !errors.Is(err, utrace.ErrGone) {
			t.Errorf("read after the death: %v", err)
		}
		if err := x.Close(); !errors.Is(err, utrace.ErrAgain) && !errors.Is(err, utrace.ErrGone) {
			t.Errorf("what was read before the death counts as valid: %v", err)
		}
	}
}
