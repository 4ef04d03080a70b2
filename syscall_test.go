package utrace_test

import (
	"testing"

	"github.com/utrace/utrace"
)

const (
	sysGetpid  = 39
	sysGetppid = 110
)

// caller attaches an engine whose entry and exit callbacks are given.
func (w *world) caller(pid int, entry func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer,
	exit func(*utrace.Report, *utrace.Syscall) utrace.Action) *utrace.Engine {
	return w.attach(pid, "", utrace.EventSyscall, &utrace.Funcs{SyscallEntry: entry, SyscallExit: exit})
}

func run(*utrace.Report, *utrace.Syscall) utrace.Action { return utrace.Resume }

// SY1: what an engine near user mode changes is seen by those behind it.
func TestSY1_EditsAreSeen(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid")
	see := func(name string) func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer {
		return func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			w.logf("%s %d(%d)", name, s.Number(), s.Arg(0))
			return utrace.SyscallAnswer{}
		}
	}
	w.caller(pid, see("A"), run)
	w.caller(pid, see("B"), run)
	w.caller(pid, func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
		if s.Number() == sysGetppid {
			s.SetNumber(sysGetpid)
			s.SetArg(0, 77)
		}
		return utrace.SyscallAnswer{}
	}, run)
	w.run()
	if len(w.log) < 2 || w.log[0] != "B 39(77)" || w.log[1] != "A 39(77)" {
		t.Errorf("saw %q", w.log)
	}
}

// SY2: whoever is called last decides whether the call is made; an engine that
// says nothing keeps the decision.
func TestSY2_LastDecides(t *testing.T) {
	const keep, run, abort = utrace.KeepCall, utrace.RunCall, utrace.AbortCall
	for _, test := range []struct {
		c, a utrace.CallAction
		made bool
	}{
		{abort, run, true}, {run, abort, false}, {abort, keep, false}, {keep, keep, true}, {keep, abort, false},
	} {
		w := newWorld(t, 1)
		pid := w.spawn("getppid; exit 0")
		decide := func(what utrace.CallAction) func(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer {
			return func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				if s.Number() != sysGetppid {
					return utrace.SyscallAnswer{}
				}
				s.SetResult(-1)
				return utrace.SyscallAnswer{Call: what}
			}
		}
		var result int64
		w.caller(pid, decide(test.a), func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
			result = s.Result()
			return utrace.Resume
		})
		w.caller(pid, decide(test.c), func(*utrace.Report, *utrace.Syscall) utrace.Action { return utrace.Resume })
		w.run()
		if made := result > 0; made != test.made {
			t.Errorf("C %d, A %d: result %d", test.c, test.a, result)
		}
	}
}

// SY4, SY5: a call is not begun while it is held at its entry; Resume lets it
// go, ReportSoon repeats the pass for everybody.
func TestSY5_RepeatEntry(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn(`write 1 "x"`)
	see := func(name string, answer utrace.Action) *utrace.Funcs {
		return &utrace.Funcs{SyscallEntry: func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			if s.Number() != 1 {
				return utrace.SyscallAnswer{}
			}
			w.logf("%s resumed=%v output=%q", name, s.Resumed(), w.sim.Output(pid))
			if s.Resumed() {
				return utrace.SyscallAnswer{}
			}
			return utrace.SyscallAnswer{Action: answer}
		}}
	}
	mask := utrace.EventSyscallEntry | utrace.EventQuiesce
	w.attach(pid, "A", mask, see("A", utrace.Resume))
	b := w.attach(pid, "B", mask, see("B", utrace.Stop))
	w.run()
	w.expect(`B resumed=false output=""`, `A resumed=false output=""`)
	w.log = nil
	w.control(b, utrace.ReportSoon, nil)
	w.run()
	w.expect(`B resumed=true output=""`, `A resumed=true output=""`)
	if w.sim.Output(pid) != "x" {
		t.Error("the call was not made")
	}
}

// SY6, SY7: an observer that attached after a virtualiser sees the program's
// view at both ends, also if it looks later; one that attached before sees the
// call that is really made.
func TestSY6_SY7_Views(t *testing.T) {
	for _, observerLast := range []bool{true, false} {
		w := newWorld(t, 1)
		pid := w.spawn("getppid; exit 0")
		virtualise := func() {
			w.caller(pid, func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				if s.Number() == sysGetppid {
					s.SetNumber(sysGetpid)
				}
				return utrace.SyscallAnswer{}
			}, func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
				if s.Number() == sysGetpid {
					s.SetResult(4711)
				}
				return utrace.Resume
			})
		}
		var observer *utrace.Engine
		observe := func() {
			observer = w.caller(pid, func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				if s.Number() == 231 {
					return utrace.SyscallAnswer{}
				}
				w.logf("entry %d", s.Number())
				return utrace.SyscallAnswer{Action: utrace.Stop}
			}, func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
				w.logf("return %d = %d", s.Number(), s.Result())
				return utrace.Resume
			})
		}
		want := sysGetppid
		if observerLast {
			virtualise()
			observe()
		} else {
			observe()
			virtualise()
			want = sysGetpid
		}
		w.run()
		x, err := observer.Examine(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		nr, _, ok, err := x.Syscall()
		if nr != uint64(want) || !ok || err != nil {
			t.Errorf("examined: %d %v %v, want %d", nr, ok, err, want)
		}
		abi, _ := x.ABI()
		gpr := make([]byte, abi.GeneralSize())
		if _, err := x.ReadRegset(1, gpr); err != nil || abi.SyscallNumber(gpr) != uint64(want) {
			t.Errorf("registers: %d %v, want %d", abi.SyscallNumber(gpr), err, want)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		w.control(observer, utrace.Resume, nil)
		w.run()
		if observerLast {
			w.expect("entry 110", "return 110 = 4711")
		} else {
			if len(w.log) != 2 || w.log[0] != "entry 39" {
				t.Errorf("%q", w.log)
			}
		}
	}
}
