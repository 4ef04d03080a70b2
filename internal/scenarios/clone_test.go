package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
)

// births are the ways to make a child in a script.
var births = []string{"fork", "vfork", "clone3", "thread"}

// TestCL1_CL5_FirstCall attaches to a newborn in the report of its birth, and so sees its
// first system call. However the kernel orders the stops of parent and child,
// the clone is reported first.
func TestCL1_CL5_FirstCall(t *testing.T) {
	for _, birth := range births {
		t.Run(birth, func(t *testing.T) {
			r := newRig(t)
			n := 20
			p := r.start(fmt.Sprintf("repeat %d { %s { gettid; exitthread 0 } }; barrier y", n, birth))
			firsts := 0
			h := &utrace.Funcs{Clone: func(x *utrace.Report, c *utrace.Clone) utrace.Action {
				if c.Thread == nil || c.NewProcess() != (birth != "thread") || c.Vfork() != (birth == "vfork") {
					t.Errorf("clone of %d, flags %#x", c.ID, c.Flags)
					return utrace.Resume
				}
				first := true
				_, err := x.Attach(c.ID, &utrace.Funcs{SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
					if first && s.Number() == syscall.SYS_GETTID {
						firsts++
					}
					first = false
					return utrace.SyscallAnswer{}
				}}, utrace.WithEvents(utrace.EventSyscallEntry))
				if err != nil {
					t.Error(err)
				}
				return utrace.Resume
			}}
			e := r.attach(p.PID, utrace.EventClone, h)
			p.Release()
			p.Expect("@y\n")
			// The children may run still.
			until(t, "the first calls", func() bool {
				var got int
				r.core.Do(r.ctx, func() error { got = firsts; return nil })
				return got == n
			})
			e.Barrier(r.ctx)
		})
	}
}

// TestCL2_HeldNewborn holds a newborn where it has not run yet.
func TestCL2_HeldNewborn(t *testing.T) {
	for _, birth := range births {
		t.Run(birth, func(t *testing.T) {
			r := newRig(t)
			p := r.start(birth + ` { print "child\n"; exitthread 0 }; barrier y`)
			var child atomic.Pointer[utrace.Engine]
			r.attach(p.PID, utrace.EventClone, &utrace.Funcs{Clone: func(x *utrace.Report, c *utrace.Clone) utrace.Action {
				e, err := x.Attach(c.ID, &utrace.Funcs{})
				if err != nil {
					t.Error(err)
				} else if err := e.Control(r.ctx, utrace.Stop); err != nil {
					t.Errorf("stop of a newborn: %v", err)
				}
				child.Store(e)
				return utrace.Resume
			}})
			p.Release()
			until(t, "a child", func() bool { return child.Load() != nil })
			e := child.Load()
			r.stopped(e)
			if birth != "vfork" {
				p.Expect("@y\n")
			}
			now, x := r.examine(e)
			if v := now.abi.Result(now.general(t)); v != 0 {
				t.Errorf("clone returns %d in the child", v)
			}
			x.Close()
			if strings.Contains(p.Output(), "child") {
				t.Error("the child has run")
			}
			r.control(e, utrace.Resume)
			p.Expect("child\n")
			p.Expect("@y\n")
		})
	}
}

// TestCL3_NotFollowed leaves the child of a traced program alone.
func TestCL3_NotFollowed(t *testing.T) {
	for _, mask := range []utrace.Events{utrace.EventSyscall, utrace.EventClone | utrace.EventSyscall} {
		t.Run(mask.String(), func(t *testing.T) {
			r := newRig(t)
			p := r.start("fork { pause }; barrier y")
			r.attach(p.PID, mask, r.recorder("A"))
			p.Release()
			p.Expect("@y\n")
			for _, child := range childrenOf(p.PID) {
				until(t, "a free child", func() bool { s := status(child); return s.Tracer == 0 && s.State == 'S' })
			}
		})
	}
}

// TestCL4_ChildKilled kills the child while its birth is being reported.
func TestCL4_ChildKilled(t *testing.T) {
	r := newRig(t)
	p := r.start("repeat 20 { fork { }; wait }; barrier y")
	g := r.attachGroup(p.PID, utrace.Tree, life, &utrace.Funcs{
		Clone: func(x *utrace.Report, c *utrace.Clone) utrace.Action {
			syscall.Kill(c.ID, syscall.SIGKILL)
			r.log.Printf("clone")
			return utrace.Resume
		},
		Death: func(x *utrace.Report, d *utrace.Death) utrace.Action {
			r.log.Printf("death %v", d.Status)
			return utrace.Resume
		},
		Reap: func(*utrace.Report, utrace.Status) { r.log.Printf("reap") },
	})
	p.Release()
	p.Expect("@y\n")
	r.await(20, "death killed by killed")
	r.await(20, "reap")
	if n := g.Len(); n != 1 {
		t.Errorf("%d threads are left", n)
	}
}

// TestCL6_Vfork holds the parent at the birth of a vfork child, which runs meanwhile.
func TestCL6_Vfork(t *testing.T) {
	r := newRig(t)
	p := r.start(`vfork { exec { print "child\n" } }; print "parent\n"; wait`)
	h := r.stopper("A")
	h.VforkDone = func(x *utrace.Report, child int) utrace.Action {
		r.log.Printf("A vfork-done")
		return utrace.Resume
	}
	e := r.attach(p.PID, utrace.EventClone|utrace.EventVforkDone, h)
	p.Release()
	p.Expect("child\n")
	r.stopped(e)
	r.expect("", "A clone")
	if strings.Contains(p.Output(), "parent") {
		t.Error("the parent runs")
	}
	r.control(e, utrace.Resume)
	p.Expect("parent\n")
	r.expect("", "A clone", "A vfork-done")
}

// TestCL7_Untraceable reports a child that no tracer can have.
func TestCL7_Untraceable(t *testing.T) {
	r := newRig(t)
	path := compile(t, "cloneflags")
	p, pid := startApart(t, path)
	p.expect("ready")
	r.attachGroup(pid, utrace.Tree, everything&^utrace.EventQuiesce, r.recorder("A"))
	p.stdin.Close()
	p.expect("status 7\n")
	if n := r.log.Count("A reap"); n > 1 {
		t.Errorf("%d ends", n)
	}
}

// TestCL8_Storm makes many short threads with three engines that follow: each is
// called for each thread's birth and end.
func TestCL8_Storm(t *testing.T) {
	r := newRig(t)
	n := scale.Rounds(3000)
	p := r.start(fmt.Sprintf("repeat %d { thread { gettid } }; join; exit 5", n))
	var counts [3]struct{ births, deaths, reaps, calls int }
	var groups []*utrace.Group
	for i := range counts {
		c := &counts[i]
		h := &utrace.Funcs{
			Clone: func(*utrace.Report, *utrace.Clone) utrace.Action { c.births++; return utrace.Resume },
			Death: func(*utrace.Report, *utrace.Death) utrace.Action { c.deaths++; return utrace.Resume },
			Reap:  func(*utrace.Report, utrace.Status) { c.reaps++ },
			SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
				if s.Number() == syscall.SYS_GETTID {
					c.calls++
				}
				return utrace.Resume
			},
		}
		groups = append(groups, r.attachGroup(p.PID, utrace.Process, life|utrace.EventSyscallExit, h))
	}
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 5 {
		t.Errorf("status %#x", s)
	}
	for i, g := range groups {
		<-g.Done()
		c := counts[i]
		// A thread may fail to start when all stacks are in use.
		if c.births < n/2 || c.deaths != c.births+1 || c.reaps != c.births+1 || c.calls != c.births {
			t.Errorf("engine %d: %+v", i, c)
		}
		if c != counts[0] {
			t.Errorf("engine %d: %+v, another %+v", i, c, counts[0])
		}
	}
	if left, err := r.core.Threads(r.ctx); err != nil || len(left) != 0 {
		t.Errorf("%d threads are left: %v", len(left), err)
	}
}

// TestRO8_ManyProcesses attaches to many processes and detaches: nothing stays behind.
func TestRO8_ManyProcesses(t *testing.T) {
	r := newRig(t)
	n := scale.Rounds(100)
	p := r.start(fmt.Sprintf("repeat %d { fork { repeat 4 { thread { pause } }; pause } }; barrier y", n))
	p.Release()
	p.Expect("@y\n")
	children := childrenOf(p.PID)
	if len(children) != n {
		t.Fatalf("%d children", len(children))
	}
	before, _ := os.ReadDir("/proc/self/fd")
	for range 3 {
		var groups []*utrace.Group
		for _, pid := range children {
			groups = append(groups, r.attachGroup(pid, utrace.Tree, everything, &utrace.Funcs{}))
		}
		for _, g := range groups {
			if err := g.Detach(); err != nil && !errors.Is(err, utrace.ErrInProgress) {
				t.Error(err)
			}
			<-g.Done()
		}
		until(t, "no threads", func() bool { left, _ := r.core.Threads(r.ctx); return len(left) == 0 })
	}
	after, _ := os.ReadDir("/proc/self/fd")
	if len(after) > len(before) {
		t.Errorf("%d descriptors, %d before", len(after), len(before))
	}
	for _, pid := range children {
		checkFree(t, pid)
		syscall.Kill(pid, syscall.SIGKILL)
	}
}
