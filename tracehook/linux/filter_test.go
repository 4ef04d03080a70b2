package linux

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/seccomp"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tracehook"
)

// TestFiltered runs a program under a filter that picks getppid: both ends of
// this call are reported, and no other call. One call is skipped and one has
// its result changed.
func TestFiltered(t *testing.T) {
	const script = `getpid*5; getppid; result a; getppid; result b; getppid; result c; fork { getppid; getpid }; wait; exit 3`
	for _, want := range []tracehook.Interest{
		tracehook.WantFiltered | tracehook.WantClones,
		tracehook.WantFiltered | tracehook.WantSyscalls | tracehook.WantClones,
	} {
		t.Run(fmt.Sprint(want), func(t *testing.T) {
			out := runFiltered(t, script, want)
			if out != "a: 77\nb: 88\nc: 99\n" {
				t.Errorf("output %q", out)
			}
		})
	}
}

// runFiltered runs the script to its end and returns its output.
func runFiltered(t *testing.T, script string, want tracehook.Interest) string {
	program, err := seccomp.Trace(map[seccomp.ABI][]uint32{seccomp.Native()[0]: {syscall.SYS_GETPPID}}, 1).Compile()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	path, argv := actor.Command(t, script)
	p, err := launch.Start(&launch.Command{Path: path, Args: argv, Files: []*os.File{nil, out, os.Stderr}, Filter: program})
	if err != nil {
		t.Fatal(err)
	}
	p.Traced()
	calls := 0
	r := newRig(t, func(ev *tracehook.Event) bool {
		if ev.Syscall.Nr != syscall.SYS_GETPPID {
			if want&tracehook.WantSyscalls == 0 && (ev.Kind == tracehook.SyscallEntry || ev.Kind == tracehook.SyscallExit) {
				t.Errorf("call %d is reported", ev.Syscall.Nr)
			}
			return false
		}
		switch ev.Kind {
		case tracehook.SyscallEntry:
			calls++
			switch calls {
			case 1:
				check(t, ev.Task.SkipSyscall(77))
			case 2:
				check(t, ev.Task.SkipSyscall(-1))
				check(t, ev.Task.SetResult(88))
			}
		case tracehook.SyscallExit:
			if !ev.Syscall.Paired {
				t.Error("an exit without its entry")
			}
			switch calls {
			case 1:
				if ev.Syscall.Result != 77 || ev.Syscall.Failed {
					t.Errorf("result %d of the skipped call", ev.Syscall.Result)
				}
			case 3:
				check(t, ev.Task.SetResult(99))
			}
		}
		return false
	})
	r.attach(p.PID(), want)
	check(t, p.Release())
	r.await(1, fmt.Sprint(p.PID(), " reap 0x300"))
	p.Ended(0x300, nil)
	if _, err := p.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	if n := r.events.Count(fmt.Sprint("syscall-entry ", syscall.SYS_GETPPID)); n != 4 {
		t.Errorf("%d entries", n)
	}
	if n := r.events.Count(fmt.Sprint("syscall-exit ", syscall.SYS_GETPPID)); n != 4 {
		t.Errorf("%d exits", n)
	}
	text, err := os.ReadFile(out.Name())
	check(t, err)
	return string(text)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
