package launch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/actor"
)

// survey prints to descriptor 9 what a shell and a program started by it can
// see of how they were started. The shell asks in a subshell, for while it
// starts a program it moves its own descriptors; and it waits for that to end, for
// some become what comes last.
const survey = `(
for fd in 0 1 2 3 4 5 6 7 8 9; do
	readlink /proc/$$/fd/$fd >&9 || echo closed >&9
done
ls /proc/$$/fd >&9
umask >&9
ulimit -a >&9
ulimit -Ha >&9
pwd >&9
for what in status stat limits personality oom_score_adj coredump_filter timerslack_ns cgroup environ; do
	cat /proc/self/$what >&9
done
) || exit`

// comparable leaves out what differs between any two processes: the lines of
// /proc/PID/status and the fields of /proc/PID/stat that are not inherited.
func comparable(text string) string {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Tgid", "Ngid", "Pid", "PPid", "State", "FDSize", "NStgid", "NSpid", "NSpgid", "NSsid",
			"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches", "Threads", "SigQ":
			continue
		}
		if strings.HasPrefix(line, "Vm") || strings.HasPrefix(line, "Rss") || strings.HasPrefix(line, "Hugetlb") {
			continue
		}
		if fields := strings.Fields(line); len(fields) == 52 && strings.HasPrefix(fields[1], "(") {
			// Process group, session, terminal and its foreground, flags,
			// priority, nice value, policy: see proc_pid_stat(5).
			line = fmt.Sprint("stat ", fields[4:8], fields[17:19], fields[39:41])
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

var states = map[string]odd{
	"plain":             {},
	"ignored":           {ignored: []int{1, 2, 3, 11, 13, 14, 17, 20, 22, 23, 27, 32, 33, 34, 37, 50, 64}},
	"ignored all":       {ignored: all()},
	"ignored SIGCHLD":   {ignored: []int{17}},
	"blocked":           {blocked: sigset(10, 11, 15, 17, 27, 32, 33, 34, 37)},
	"blocked all":       {blocked: ^uint64(0)},
	"closed stdin":      {closed: []int{0}},
	"closed stdout":     {closed: []int{1}},
	"closed stderr":     {closed: []int{2}},
	"closed all three":  {closed: []int{0, 1, 2}},
	"open files":        {open: []int{4, 5, 8, 700}},
	"few files":         {nofile: 1000},
	"very few files":    {nofile: 16},
	"personality":       {noRandom: true, nice: 5, umask: 0o27, dir: "/usr"},
	"environment":       {env: []string{"PATH=/usr/bin:/bin", "A=1", "A=2", "noequals", "=x", "", "A=3"}},
	"empty environment": {env: []string{}},
	"everything": {
		ignored: []int{2, 13, 17, 23, 36}, blocked: sigset(10, 37), closed: []int{0, 1, 2}, open: []int{5},
		nofile: 1000, umask: 0o77, dir: "/", env: []string{"PATH=/usr/bin:/bin", "B=", "B=b"},
	},
}

func all() []int {
	var list []int
	for sig := 1; sig <= 64; sig++ {
		if sig != 9 && sig != 19 {
			list = append(list, sig)
		}
	}
	return list
}

// statusOf copies a program's /proc/self/status with no shell around it: some
// shells change dispositions. The arguments come before it.
func (o odd) statusOf(t *testing.T, through ...string) string {
	t.Helper()
	args := append(through, "/bin/cp", "-f", "/proc/self/status", "/dev/fd/9")
	text, status := o.run(t, args[0], args[1:]...)
	if status != 0 {
		t.Fatalf("%q: status %#x\n%s", args, status, text)
	}
	return text
}

// expect checks a program's status against what was asked for.
func (o odd) expect(t *testing.T, status string) {
	t.Helper()
	for _, want := range []string{
		fmt.Sprintf("SigIgn:\t%016x\n", sigset(o.ignored...)),
		fmt.Sprintf("SigBlk:\t%016x\n", o.blocked&^sigset(9, 19)),
		fmt.Sprintf("Umask:\t%04o\n", o.umask),
	} {
		if !strings.Contains(status, want) {
			t.Errorf("no %q in\n%s", want, status)
		}
	}
}

func TestTransparent(t *testing.T) {
	for name, o := range states {
		t.Run(name, func(t *testing.T) {
			direct, status := o.run(t, "/bin/sh", "-c", survey)
			if status != 0 {
				t.Fatalf("status %#x\n%s", status, direct)
			}
			for fd, line := range strings.SplitN(direct, "\n", 4)[:3] {
				if slices.Contains(o.closed, fd) != (line == "closed") {
					t.Fatalf("the state was not set: descriptor %d is %s", fd, line)
				}
			}
			through, status := o.run(t, withEntry, "/bin/sh", "-c", survey)
			if status != 0 {
				t.Fatalf("through the launcher: status %#x\n%s", status, through)
			}
			same(t, comparable(direct), comparable(through))
		})
	}
}

func TestTransparentWithoutShell(t *testing.T) {
	for name, o := range states {
		t.Run(name, func(t *testing.T) {
			direct := o.statusOf(t)
			o.expect(t, direct)
			same(t, comparable(direct), comparable(o.statusOf(t, withEntry)))
		})
	}
}

// Without the entry point what Limits names is lost, and nothing else.
func TestWithoutEntry(t *testing.T) {
	respected := []int{1, 2, 18, 20, 21, 22, 32, 34}
	unblocked := sigset(1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 23, 27, 31, 32, 33, 34)
	for name, o := range map[string]odd{
		"plain":       {},
		"ignored":     {ignored: respected},
		"blocked":     {blocked: ^unblocked},
		"few files":   {nofile: 1000},
		"open files":  {open: []int{4, 700}},
		"environment": states["environment"],
		"personality": states["personality"],
	} {
		t.Run(name, func(t *testing.T) {
			direct, _ := o.run(t, "/bin/sh", "-c", survey)
			through, status := o.run(t, withoutEntry, "/bin/sh", "-c", survey)
			if status != 0 {
				t.Fatalf("status %#x", status)
			}
			same(t, comparable(direct), comparable(through))
		})
	}

	lost := odd{ignored: all(), blocked: ^uint64(0), closed: []int{0}}
	odd{ignored: respected, blocked: ^unblocked}.expect(t, lost.statusOf(t, withoutEntry))

	const printLimits = `"$0" -limits >&9`
	if text, _ := (odd{}).run(t, "/bin/sh", "-c", printLimits, withoutEntry); !strings.Contains(text, "-E=_utrace_start") {
		t.Errorf("the limits without the entry point: %q", text)
	}
	if text, _ := (odd{}).run(t, "/bin/sh", "-c", printLimits, withEntry); text != "" {
		t.Errorf("the limits with the entry point: %q", text)
	}
}

func TestExitLike(t *testing.T) {
	for _, code := range []int{0, 3, 127, 255} {
		_, status := odd{}.run(t, withEntry, "/bin/sh", "-c", fmt.Sprint("exit ", code))
		if !status.Exited() || status.ExitStatus() != code {
			t.Errorf("exit %d: status %#x", code, status)
		}
	}
	for _, sig := range []int{1, 2, 3, 4, 6, 8, 9, 10, 11, 13, 14, 15, 27, 31, 33, 34, 40, 64} {
		check := func(what string, status unix.WaitStatus) {
			if !status.Signaled() || int(status.Signal()) != sig || status.CoreDump() {
				t.Errorf("%s signal %d: status %#x", what, sig, status)
			}
		}
		path, argv := actor.Command(t, "kill "+actor.SignalName(sig))
		_, status := odd{}.run(t, withEntry, append([]string{path}, argv[1:]...)...)
		check("killed by", status)
		for _, helper := range []string{withEntry, withoutEntry} {
			_, status = odd{ignored: all(), blocked: ^uint64(0)}.run(t, helper, "-like", strconv.Itoa(sig))
			check("blocked and ignored", status)
		}
	}
	// A signal that does not kill; a stop.
	for status, code := range map[int]int{int(unix.SIGWINCH): 128 + int(unix.SIGWINCH), 0x137f: 1} {
		if _, got := (odd{}).run(t, withEntry, "-like", strconv.Itoa(status)); got.ExitStatus() != code {
			t.Errorf("like %#x: status %#x", status, got)
		}
	}
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Errorf("line %d\ndirect:  %q\nthrough: %q", i+1, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d lines, want %d", len(b), len(a))
	}
}
