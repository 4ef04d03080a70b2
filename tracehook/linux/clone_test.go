package linux

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
)

// TestStorm follows a program through hundreds of threads and children and
// checks that every birth has its end, and that nobody saw a child run before
// its Clone; also if every parent that comes after its child comes late.
func TestStorm(t *testing.T) {
	for _, c := range []struct {
		want  tracehook.Interest
		grace time.Duration
	}{{all, grace}, {tracehook.WantClones, grace}, {tracehook.WantClones, 1}} {
		want := c.want
		t.Run(fmt.Sprint(want, c.grace), func(t *testing.T) {
			n := scale.Rounds(100)
			p := actor.Start(t, fmt.Sprintf("barrier x; repeat %d { thread { getppid }; fork { getpid }; clone3 { gettid }; vfork { } }; join; repeat %d { wait }", n, 3*n))
			p.Expect("@x\n")
			known := make(map[int]bool)
			r := newRig(t, func(ev *tracehook.Event) bool {
				if !known[ev.Task.ID()] {
					t.Errorf("event %v of unknown thread %d", ev.Kind, ev.Task.ID())
				}
				switch ev.Kind {
				case tracehook.Clone:
					known[ev.ChildID] = true
					if ev.Child == nil || ev.Child.ID() != ev.ChildID || ev.Child.Data() != nil {
						t.Errorf("clone of %d with child %v", ev.ChildID, ev.Child)
					}
				case tracehook.Reap:
					delete(known, ev.Task.ID())
				}
				return false
			})
			r.do(func() { known[p.PID], r.loop.births.grace = true, c.grace })
			r.attach(p.PID, want)
			p.Release()
			if status := p.Wait(); status != 0 {
				t.Errorf("status %#x", status)
			}
			r.await(1, fmt.Sprint(p.PID, " reap"))
			r.eventually(func() bool { return len(known) == 0 && len(r.loop.groups) == 0 })
			for kind, number := range map[string]int{" clone": 4 * n, " death": 4*n + 1, " reap": 4*n + 1} {
				if got := r.events.Count(kind); got != number {
					t.Errorf("%d times%s, want %d", got, kind, number)
				}
			}
			if want&tracehook.WantSyscalls != 0 && r.events.Count("unpaired") != 0 {
				t.Errorf("exits of newborns were reported")
			}
		})
	}
}

// TestCloneFlags reads the flags of each way to make a child.
func TestCloneFlags(t *testing.T) {
	for script, want := range map[string]uint64{
		"fork { }":   uint64(syscall.SIGCHLD),
		"vfork { }":  tracehook.CloneVM | tracehook.CloneVfork | uint64(syscall.SIGCHLD),
		"clone3 { }": uint64(syscall.SIGCHLD),
		"thread { }": tracehook.CloneVM | tracehook.CloneThread,
	} {
		for _, size := range actor.Sizes() {
			p := size.Start(t, "barrier x; "+script+"; pause")
			p.Expect("@x\n")
			var flags uint64
			r := newRig(t, func(ev *tracehook.Event) bool {
				if ev.Kind == tracehook.Clone {
					flags = ev.CloneFlags
				}
				return false
			})
			r.attach(p.PID, tracehook.WantClones)
			p.Release()
			r.await(1, "clone")
			r.do(func() {
				if flags&(0xff|tracehook.CloneVM|tracehook.CloneVfork|tracehook.CloneThread) != want {
					t.Errorf("%s, %d bits: flags %#x, want %#x", script, size.Bits, flags, want)
				}
			})
		}
	}
}

// TestUnwantedClones: children that are born while nobody wants them any more
// are let go.
func TestUnwantedClones(t *testing.T) {
	p := actor.Start(t, `barrier x; fork { print "child\n" }; wait; print "parent\n"; exit 4`)
	p.Expect("@x\n")
	r := newRig(t, nil)
	task := r.attach(p.PID, tracehook.WantClones)
	r.await(1, "quiesce")
	r.do(func() {
		if task.SetInterest(0) {
			t.Error("less interest needs a stop")
		}
	})
	p.Release()
	if status := p.Wait(); status.ExitStatus() != 4 || !strings.Contains(p.Output(), "child\nparent\n") {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
	if r.events.Count("clone") != 0 {
		t.Error("a clone was reported")
	}
}

// TestExecByThread has another thread than the leader make an exec: it takes
// over the leader's id, after the leader and the others have ended.
func TestExecByThread(t *testing.T) {
	for _, want := range []tracehook.Interest{all, tracehook.WantClones, 0} {
		t.Run(fmt.Sprint(want), func(t *testing.T) {
			p := actor.Start(t, `thread { pause }; thread { barrier x; exec { print "new\n"; exit 7 } }; pause`)
			p.Expect("@x\n")
			var former, id int
			r := newRig(t, func(ev *tracehook.Event) bool {
				if ev.Kind == tracehook.Exec {
					former, id = ev.Former, ev.Task.ID()
				}
				return false
			})
			r.attachAll(p.PID, want)
			p.Release()
			if status := p.Wait(); status.ExitStatus() != 7 || !strings.HasSuffix(p.Output(), "new\n") {
				t.Errorf("status %#x, output %q", status, p.Output())
			}
			r.await(2, fmt.Sprint(p.PID, " reap"))
			r.do(func() {
				if former == 0 || former == p.PID || id != p.PID {
					t.Errorf("exec of %d, former %d", id, former)
				}
			})
			// The old leader's end, and then the exec under its id.
			history := r.history()
			last := -1
			for _, line := range []string{" death", " reap", " exec", " death 0x700", " reap 0x700"} {
				at := strings.Index(history[last+1:], fmt.Sprint(p.PID, line))
				if at < 0 {
					t.Fatalf("no %q in its place", line)
				}
				last += 1 + at
			}
			if n := r.events.Count(" death"); n != 4-1 {
				t.Errorf("%d deaths", n)
			}
		})
	}
}

// TestExecOtherSize changes between 64 and 32 bits.
func TestExecOtherSize(t *testing.T) {
	script := `barrier x; exec32 { getppid; exec64 { getppid } }`
	actor.Command32(t, script) // skips where there is one size only
	p := actor.Start64(t, script)
	p.Expect("@x\n")
	var names []string
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Kind == tracehook.Exec || ev.Kind == tracehook.Quiesce {
			names = append(names, ev.Task.ABI().Name())
		}
		return false
	})
	r.attach(p.PID, all)
	p.Release()
	r.await(1, "reap")
	want := "x86_64 i386 x86_64"
	if runtime.GOARCH == "arm64" {
		want = "arm64 arm arm64"
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("ABIs %q, want %q", got, want)
	}
	checkPairs(t, r, p.PID)
}

// TestZombieLeader: a leader that ends before its threads is dead at once, but
// reaped with its process.
func TestZombieLeader(t *testing.T) {
	p := actor.Start(t, "handle USR1; thread { pause; exit 5 }; barrier x; exitthread 3")
	p.Expect("@x\n")
	r := newRig(t, nil)
	r.attachAll(p.PID, tracehook.WantExit)
	r.await(2, "quiesce")
	p.Release()
	r.await(1, fmt.Sprint(p.PID, " death 0x300 parent -2"))
	if n := r.events.Count(" reap"); n != 0 {
		t.Errorf("%d times reap", n)
	}
	var err error
	other := newRig(t, nil)
	other.do(func() { _, err = other.loop.Attach(p.PID, 0) })
	if !errors.Is(err, tracehook.ErrGone) {
		t.Errorf("attach to a zombie: %v", err)
	}
	syscall.Kill(p.PID, syscall.SIGUSR1)
	r.await(1, fmt.Sprint(p.PID, " reap 0x500"))
	if n := r.events.Count(fmt.Sprint(p.PID, " death")); n != 1 {
		t.Errorf("%d times death", n)
	}
	if status := p.Wait(); status.ExitStatus() != 5 {
		t.Errorf("status %#x", status)
	}
}

// TestCloseWithZombieLeader: nothing can detach a zombie but the end of the
// loop's thread.
func TestCloseWithZombieLeader(t *testing.T) {
	p := actor.Start(t, "handle USR1; thread { pause; exit 5 }; barrier x; exitthread 3")
	p.Expect("@x\n")
	r := newRig(t, nil)
	r.attachAll(p.PID, tracehook.WantExit)
	p.Release()
	r.await(1, fmt.Sprint(p.PID, " death 0x300 parent -2"))
	r.close()
	syscall.Kill(p.PID, syscall.SIGUSR1)
	if status := p.Wait(); status.ExitStatus() != 5 {
		t.Errorf("status %#x", status)
	}
}
