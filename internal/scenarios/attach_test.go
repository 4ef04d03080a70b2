package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
)

// TestAT8_ForeignTracer finds somebody else's tracer on the thread, and attaches when
// it has left. The other tracer is another process with a core.
func TestAT8_ForeignTracer(t *testing.T) {
	r := newRig(t)
	p := r.start("pause")
	other := startHelper(t, "tracer", nil, strconv.Itoa(p.PID))
	other.expect("attached")
	_, err := r.core.Attach(r.ctx, p.PID, r.recorder("A"))
	if !errors.Is(err, utrace.ErrNotPermitted) || !errors.Is(err, syscall.EPERM) {
		t.Errorf("attach under another tracer: %v", err)
	}
	if err != nil && !strings.Contains(err.Error(), strconv.Itoa(other.cmd.Process.Pid)) {
		t.Errorf("%q does not name the tracer, %d", err, other.cmd.Process.Pid)
	}
	if _, err := r.core.AttachGroup(r.ctx, p.PID, utrace.Tree, func(*utrace.Thread) any { return r.recorder("A") }); !errors.Is(err, utrace.ErrNotPermitted) {
		t.Errorf("attach to the process: %v", err)
	}
	other.end()
	e := r.attach(p.PID, utrace.EventSyscall, r.recorder("A"))
	r.stop(e)
	r.detach(e)
	checkFree(t, p.PID)
}

func init() {
	// tracer attaches to a process and holds on until its standard input ends.
	helpers["tracer"] = func(args []string) int {
		pid, _ := strconv.Atoi(args[0])
		core, err := host.Open(utrace.Options{})
		if err != nil {
			return fail(err)
		}
		defer core.Close()
		if _, err := core.Attach(background, pid, &utrace.Funcs{}); err != nil {
			return fail(err)
		}
		fmt.Println("attached")
		awaitEOF()
		return 0
	}
}

// TestAT5_NobodyThere attaches to what cannot be attached to.
func TestAT5_NobodyThere(t *testing.T) {
	r := newRig(t)
	if _, err := r.core.Attach(r.ctx, 2, &utrace.Funcs{}); !errors.Is(err, syscall.EPERM) {
		t.Errorf("thread of the kernel: %v", err)
	}
	if _, err := r.core.Attach(r.ctx, 1<<22+1, &utrace.Funcs{}); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("no such thread: %v", err)
	}
	if _, err := r.core.Attach(r.ctx, -1, &utrace.Funcs{}); err == nil {
		t.Error("thread -1 was attached to")
	}
	if _, err := r.core.Attach(r.ctx, os.Getpid(), &utrace.Funcs{}); err == nil {
		t.Error("a process attached to itself")
	}
}

// TestAT1_AT11_Invisible attaches with an empty mask, to a program that sleeps, one
// that computes, and one that is stopped: none changes its state, and no signal
// is sent.
func TestAT1_AT11_Invisible(t *testing.T) {
	own := tracing(t)
	for name, script := range map[string]string{"asleep": "pause", "running": "spin", "stopped": "stop; pause"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			p := r.start("block RTMIN; handle CONT print; " + script)
			p.Release()
			letters := map[string]string{"asleep": "S", "running": "R", "stopped": "T"}[name]
			untilState(t, p.PID, letters)
			for range 50 {
				e := r.attach(p.PID, 0, r.recorder("A"))
				if s := status(p.PID); tracer(p.PID) != own || s.Pending|s.SharedPending != 0 {
					t.Fatalf("tracer %d, pending %#x", tracer(p.PID), s.Pending|s.SharedPending)
				}
				r.detach(e)
				until(t, "detached", func() bool { return status(p.PID).Tracer == 0 })
				if s := status(p.PID); s.Pending|s.SharedPending != 0 {
					t.Fatalf("pending after detach: %#x", s.Pending|s.SharedPending)
				}
			}
			untilState(t, p.PID, letters)
			r.expect("")
			if got := p.Output(); got != "@x\n" {
				t.Errorf("the program noticed: %q", got)
			}
			if got, want := len(p.Statuses()), map[string]int{"stopped": 1}[name]; got != want {
				t.Errorf("the parent was told %d times, want %d: %v", got, want, p.Statuses())
			}
		})
	}
}

// TestAT12_Inotify attaches to a thread in a read of inotify, with interest in system
// calls, which takes a stop.
func TestAT12_Inotify(t *testing.T) {
	r := newRig(t)
	p := r.start("await read_inotify; result inotify")
	p.Release()
	untilIn(t, p.PID, "read")
	for range 20 {
		e := r.attach(p.PID, utrace.EventSyscall|utrace.EventQuiesce, r.recorder("A"))
		r.stop(e)
		r.control(e, utrace.Resume)
		r.detach(e)
		until(t, "detached", func() bool { return status(p.PID).Tracer == 0 })
	}
	untilIn(t, p.PID, "read")
	if got := p.Output(); got != "@x\n" {
		t.Errorf("the read ended: %q", got)
	}
}
