package scenarios_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/testpty"
)

// TestNI4_Transparent runs programs without any engine and with four: what they
// write, how they end, and what their parents are told is the same.
func TestNI4_Transparent(t *testing.T) {
	parent := compile(t, "supervisor")
	stopOnce := func(s *supervised) {
		until(s, "a stop", func() bool { return strings.Contains(s.waits(), "7f") })
		syscall.Kill(s.pid, syscall.SIGCONT)
	}
	const both = `handle USR1 print; sigqueue USR1 4; fork { exit 3 }; wait print; exec64 { print "64\n"; exec32 { exit 6 } }`
	for _, test := range []struct {
		name  string
		argv  []string
		drive func(*supervised)
	}{
		{"pipelines", []string{"bash", "-c", `seq 3000 | sort -r | head -5 | wc; false | (exit 3) | true; echo ${PIPESTATUS[@]}; x=$(echo a; exit 4); echo $x $?; yes | head -1000 | wc -l; echo ${PIPESTATUS[@]}; kill -TERM $$`}, nil},
		{"fork storm", []string{"bash", "-c", `n=0; pids=; for i in {1..150}; do (exit $((i%7))) & pids="$pids $!"; done; for p in $pids; do wait $p; n=$((n+$?)); done; echo $n; exit 8`}, nil},
		{"200 threads", []string{compile(t, "threads200", "-pthread")}, nil},
		{"exec by a thread", []string{compile(t, "execbythread", "-pthread")}, nil},
		{"32-bit", []string{""}, nil},
		{"vfork", []string{compile(t, "spawner")}, nil},
		{"stopped", []string{"sh", "-c", `kill -STOP $$; sleep 0.5; echo continued; exit 4`}, stopOnce},
		{"killed", []string{"sh", "-c", `kill -KILL $$`}, nil},
		{"traps", []string{"bash", "-c", `trap 'echo usr1' USR1; trap 'echo exit' EXIT; kill -USR1 $$; ulimit -c 0; (kill -SEGV $BASHPID); echo $?; sleep 0.01; exit 2`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.argv[0] == "bash" {
				needsBash(t)
			}
			if test.name == "32-bit" {
				script, argv := actor.Command32(t, both)
				test.argv = append([]string{script}, argv[1:]...)
			}
			sameTraced(t, func(r *rig, traced bool) string {
				s := supervise(r, parent, nil, test.argv...)
				if traced {
					r.fourEngines(s.pid)
				}
				s.begin()
				if test.drive != nil {
					test.drive(s)
				}
				s.finish()
				return s.output() + "waits: " + s.waits()
			})
		})
	}
}

// needsBash skips a test in guests, whose shell is a small one.
func needsBash(t *testing.T) {
	t.Helper()
	if os.Getenv(guest) != "" {
		t.Skip("there is no bash in a guest")
	}
}

// sameTraced runs a program twice and compares what it does.
func sameTraced(t *testing.T, run func(r *rig, traced bool) string) {
	t.Helper()
	var got [2]string
	for i, name := range []string{"free", "traced"} {
		t.Run(name, func(t *testing.T) { got[i] = mask(run(newRig(t), i == 1)) })
	}
	if got[0] != got[1] {
		t.Errorf("without engines:\n%s\nwith engines:\n%s", got[0], got[1])
	}
	if got[0] == "" {
		t.Error("there is nothing to compare")
	}
}

// fourEngines attaches to a process and all that descends from it: an engine
// for system calls and signals, one for everything, one that holds crashes
// (for as short as can be), and one that wants nothing.
func (r *rig) fourEngines(pid int) {
	r.Helper()
	quiet := &utrace.Funcs{Quiesce: func(*utrace.Report, utrace.Events) utrace.Action { return utrace.Resume }}
	r.attachGroup(pid, utrace.Tree, utrace.EventSyscall|utrace.EventSignalAll, quiet)
	r.attachGroup(pid, utrace.Tree, everything|utrace.EventForeignTrap, quiet)
	h, err := hold.Attach(r.ctx, r.core, pid, utrace.Tree, hold.Options{OnCrash: func(c *hold.Crash) { c.Release() }})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(h.Detach)
	r.attachGroup(pid, utrace.Tree, 0, quiet)
}

// TestTransparent_JobControl types at a shell: a program is started, stopped by
// Ctrl-Z, continued in the foreground and interrupted by Ctrl-C.
func TestTransparent_JobControl(t *testing.T) {
	needsBash(t)
	parent := compile(t, "supervisor")
	sameTraced(t, func(r *rig, traced bool) string {
		master, terminal := testpty.Open(r)
		s := supervise(r, parent, terminal, "bash", "--norc", "--noprofile", "--noediting", "-i")
		screen := readTerminal(r, master)
		if traced {
			r.fourEngines(s.pid)
		}
		s.begin()
		screen.expect("$ ", 1)
		screen.typing("cat | cat; echo status $?\n")
		screen.expect("cat | cat; echo status $?\r\n", 1)
		foreground(r, master, s.pid, 'S')
		screen.typing("hello\n")
		screen.expect("hello\r\n", 2)
		screen.typing("\x1a")
		screen.expect("Stopped", 1)
		screen.expect("status 148", 1)
		screen.expect("$ ", 2)
		screen.typing("jobs; fg; echo status $?\n")
		screen.expect("cat | cat\r\n", 2)
		foreground(r, master, s.pid, 'S')
		screen.typing("again\n")
		screen.expect("again\r\n", 2)
		screen.typing("\x03")
		screen.expect("$ ", 3)
		screen.typing("sleep 1000 &\n")
		screen.expect("[1] ", 1)
		screen.expect("$ ", 4)
		screen.typing("kill %1; wait %1; echo status $?\n")
		screen.expect("status 143", 1)
		screen.expect("$ ", 5)
		screen.typing("exit 7\n")
		screen.expect("exit 7\r\nexit\r\n", 1)
		s.finish()
		if s.waits() != "0x700" {
			t.Errorf("the shell ended otherwise: %s", s.waits())
		}
		return screen.text()
	})
}
