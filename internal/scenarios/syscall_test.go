package scenarios_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
)

// caller attaches an engine that answers the entries of one system call.
func (r *rig) caller(tid, nr int, f func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer) *utrace.Engine {
	r.Helper()
	h := r.recorder("A")
	h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		if s.Number() != uint64(nr) {
			return utrace.SyscallAnswer{}
		}
		return f(x, s)
	}
	return r.attach(tid, utrace.EventSyscallEntry, h)
}

// TestSY3_Abort aborts a call with every result there is, and sees its exit.
func TestSY3_Abort(t *testing.T) {
	r := newRig(t)
	results := []int64{0, 1, -1, -4, -38, -512, -514, -516, -4095, -4096, 1 << 40}
	p := r.start(fmt.Sprintf("repeat %d { getppid; result r }", len(results)))
	i := 0
	r.caller(p.PID, syscall.SYS_GETPPID, func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		s.SetResult(results[i])
		i++
		return utrace.SyscallAnswer{Call: utrace.AbortCall}
	})
	exits := 0
	r.attach(p.PID, utrace.EventSyscallExit, &utrace.Funcs{SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
		if s.Number() == syscall.SYS_GETPPID && s.Aborted() {
			exits++
			if s.Result() != results[i-1] {
				t.Errorf("result %d, want %d", s.Result(), results[i-1])
			}
		}
		return utrace.Resume
	}})
	p.Release()
	p.Wait()
	r.sync()
	if exits != len(results) {
		t.Errorf("%d exits", exits)
	}
	var want strings.Builder
	for _, n := range results {
		switch n {
		case -4:
			want.WriteString("r: EINTR\n")
		case -38:
			want.WriteString("r: ENOSYS\n")
		default:
			fmt.Fprintf(&want, "r: %d\n", n)
		}
	}
	got := strings.TrimPrefix(p.Output(), "@x\n")
	if strings.Count(got, "\n") != len(results) || !strings.HasPrefix(got, "r: 0\nr: 1\n") || !strings.Contains(got, "r: EINTR\n") {
		t.Errorf("the program saw %q, want %q", got, want.String())
	}
}

// TestSY4_StopAtEntry holds a thread before a call; what is changed meanwhile is what
// is called.
func TestSY4_StopAtEntry(t *testing.T) {
	r := newRig(t)
	p := r.start(`write 1 "from\n"; write 1 "end\n"`)
	n := 0
	e := r.caller(p.PID, syscall.SYS_WRITE, func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		if n++; n == 1 {
			return utrace.SyscallAnswer{Action: utrace.Stop}
		}
		return utrace.SyscallAnswer{}
	})
	p.Release()
	r.stopped(e)
	if p.Output() != "@x\n" {
		t.Error("the call was made")
	}
	now, x := r.examine(e)
	nr, args, ok, err := x.Syscall()
	if err != nil || !ok || nr != syscall.SYS_WRITE {
		t.Fatalf("in call %d, %v: %v", nr, ok, err)
	}
	gpr := now.general(t)
	now.abi.SetArg(gpr, 2, args[2]-3) // "fr"
	if err := x.WriteRegset(1, gpr); err != nil {
		t.Fatal(err)
	}
	r.control(e, utrace.Resume)
	p.Expect("end\n")
	if got := p.Output(); got != "@x\nfrend\n" {
		t.Errorf("output %q", got)
	}
}

// TestSY5_Repeat ends a hold at an entry: by ReportSoon, and the pass is repeated for
// all; by Resume, and it is not.
func TestSY5_Repeat(t *testing.T) {
	r := newRig(t)
	p := r.start("getppid; getppid; barrier y")
	var engines []*utrace.Engine
	for _, name := range []string{"A", "B"} {
		h := r.recorder(name)
		h.SyscallEntry = func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			if s.Number() != syscall.SYS_GETPPID {
				return utrace.SyscallAnswer{}
			}
			r.log.Printf("%s resumed %v", name, s.Resumed())
			if name == "B" && !s.Resumed() {
				return utrace.SyscallAnswer{Action: utrace.Stop}
			}
			return utrace.SyscallAnswer{}
		}
		engines = append(engines, r.attach(p.PID, utrace.EventSyscallEntry|utrace.EventQuiesce, h))
	}
	b := engines[1]
	p.Release()
	r.stopped(b)
	r.control(b, utrace.ReportSoon)
	r.await(4, "resumed")
	r.await(2, "B resumed false")
	r.stopped(b)
	r.control(b, utrace.Resume)
	p.Expect("@y\n")
	r.expect("", "B resumed false", "A resumed false", "B resumed true", "A resumed true", "B resumed false", "A resumed false")
}

// TestSY6_SY7_MD4_Layers has one engine change a call that another one looks at: the one
// behind sees the change, the one before does not, also when it looks at the
// registers of the held thread.
func TestSY6_SY7_MD4_Layers(t *testing.T) {
	for _, observerFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("observer attached first ", observerFirst), func(t *testing.T) {
			r := newRig(t)
			p := r.start("getppid; result r; barrier y")
			change := func() {
				r.attach(p.PID, utrace.EventSyscall, &utrace.Funcs{
					SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
						if s.Number() == syscall.SYS_GETPPID {
							s.SetNumber(syscall.SYS_GETTID)
						}
						return utrace.SyscallAnswer{}
					},
				})
			}
			var e *utrace.Engine
			observe := func() {
				e = r.attach(p.PID, utrace.EventSyscall, &utrace.Funcs{
					SyscallEntry: func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
						if n := s.Number(); n == syscall.SYS_GETPPID || n == syscall.SYS_GETTID {
							r.log.Printf("entry %d", n)
							return utrace.SyscallAnswer{Action: utrace.Stop}
						}
						return utrace.SyscallAnswer{}
					},
					SyscallExit: func(x *utrace.Report, s *utrace.Syscall) utrace.Action {
						if n := s.Number(); n == syscall.SYS_GETPPID || n == syscall.SYS_GETTID {
							r.log.Printf("exit %d", n)
						}
						return utrace.Resume
					},
				})
			}
			seen := syscall.SYS_GETPPID
			if observerFirst {
				observe()
				change()
				seen = syscall.SYS_GETTID
			} else {
				change()
				observe()
			}
			p.Release()
			r.stopped(e)
			now, x := r.examine(e)
			if nr := now.abi.SyscallNumber(now.general(t)); nr != uint64(seen) {
				t.Errorf("the registers show call %d, want %d", nr, seen)
			}
			x.Close()
			r.control(e, utrace.Resume)
			p.Expect(fmt.Sprintf("r: %d\n", p.PID)) // gettid was called
			p.Expect("@y\n")
			r.expect("", fmt.Sprintf("entry %d", seen), fmt.Sprintf("exit %d", seen))
		})
	}
}

// TestSY14_FullSpeed has an engine lose its interest in system calls: the thread makes
// no more stops for them.
func TestSY14_FullSpeed(t *testing.T) {
	r := newRig(t)
	p := r.start("repeat 1000000000 { getppid }")
	e := r.attach(p.PID, utrace.EventSyscall, r.recorder("A"))
	p.Release()
	r.await(100, "A entry")
	if err := e.SetEvents(0); err != nil {
		t.Log(err) // in progress
	}
	e.Barrier(r.ctx)
	advances(t, p.PID)
	untilQuiet := voluntary(t, p.PID)
	advances(t, p.PID)
	advances(t, p.PID)
	if n := voluntary(t, p.PID) - untilQuiet; n > 2 {
		t.Errorf("%d stops without interest", n)
	}
}

// TestSY15_KilledAtEntry kills a thread that is held before a call: it is not made.
func TestSY15_KilledAtEntry(t *testing.T) {
	r := newRig(t)
	p := r.start(`print "written\n"`)
	e := r.caller(p.PID, syscall.SYS_WRITE, func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer {
		return utrace.SyscallAnswer{Action: utrace.Stop}
	})
	p.Release()
	r.stopped(e)
	syscall.Kill(p.PID, syscall.SIGKILL)
	if s := p.Wait(); s != 9 || strings.Contains(p.Output(), "written") {
		t.Errorf("status %#x, output %q", s, p.Output())
	}
}

// TestSY16_Arch reads the ABI of calls in a 32-bit program.
func TestSY16_Arch(t *testing.T) {
	r := newRig(t)
	p := actor.Start32(t, "barrier x; getppid; exec64 { getppid; barrier y }")
	wide, narrow := actor.Sizes()[0], actor.Sizes()[1]
	p.Expect("@x\n")
	r.attach(p.PID, utrace.EventSyscallEntry, &utrace.Funcs{SyscallEntry: func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		for _, arg := range s.Args() {
			if s.Arch() == narrow.ABI().AuditArch && arg>>32 != 0 {
				t.Errorf("argument %#x", arg)
			}
		}
		for _, size := range actor.Sizes() {
			if s.Arch() == size.ABI().AuditArch && s.Number() == size.Number("getppid") {
				r.log.Printf("getppid of %s", x.ABI().Name())
			}
		}
		return utrace.SyscallAnswer{}
	}})
	p.Release()
	p.Expect("@y\n")
	r.expect("", "getppid of "+narrow.ABI().Name, "getppid of "+wide.ABI().Name)
}
