package scenarios_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
)

func init() {
	// attempt tries to attach, to a child of its own without an argument, and
	// says how that went, and whether the kernel lets it open the process's
	// memory, for which it asks for the same right.
	helpers["attempt"] = func(args []string) int {
		var pid int
		if len(args) != 0 {
			pid, _ = strconv.Atoi(args[0])
		} else {
			child := exec.Command("/proc/self/exe")
			child.Env = append(os.Environ(), helperVariable+"=pause")
			if err := child.Start(); err != nil {
				return fail(err)
			}
			pid = child.Process.Pid
			defer child.Wait()
			defer child.Process.Kill()
		}
		file, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "mem"))
		file.Close()
		fmt.Printf("kernel %v\n", err == nil)
		// Where nothing may be traced and the kernel is older than Linux 6.7 there
		// is no way to wait, and that is said at once.
		core, err := host.Open(utrace.Options{})
		if err == nil {
			defer core.Close()
			_, err = core.Attach(background, pid, &utrace.Funcs{})
		}
		fmt.Printf("permitted %v: %v\n", err == nil, err)
		return 0
	}
	helpers["pause"] = func([]string) int {
		unix.Pause()
		return 0
	}
	// invite lets everybody trace it, as far as Yama is concerned, and waits.
	helpers["invite"] = func([]string) int {
		// EINVAL: there is no Yama.
		if err := unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0); err != nil && err != syscall.EINVAL {
			return fail(err)
		}
		fmt.Println("ready")
		awaitEOF()
		return 0
	}
}

// yamaScope is what Yama allows (ptrace(2), /proc/sys/kernel/yama/ptrace_scope);
// 0 where there is none.
func yamaScope() (scope int) {
	text, _ := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	fmt.Sscan(string(text), &scope)
	return scope
}

// nobody is a user without any rights.
const nobody = 65534

// TestAT9_Permission attaches as a user without rights: to a program of its own, to
// its child, to one that has invited it, to somebody else's, to one of its own that
// must not be dumped, and to a thread of the kernel; and as root. Where Yama
// forbids it, the refusal says so. Guests with Yama run it in each of its modes
// (make test-x86_64-6.1).
func TestAT9_Permission(t *testing.T) {
	leakCheck(t)
	if os.Getuid() != 0 {
		t.Fatal("this test becomes another user, for which it has to be run as root")
	}
	asNobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	// A program that cannot be read cannot be dumped by who runs it.
	path, argv := actor.Command(t, `print "ready\n"; pause`)
	dir := publicDir(t)
	plain, secret := filepath.Join(dir, "plain"), filepath.Join(dir, "secret")
	copyFile(t, path, plain, 0o755)
	copyFile(t, path, secret, 0o711)
	ours := startProgram(t, nil, plain, argv[1:]...)
	theirs := startProgram(t, asNobody, plain, argv[1:]...)
	hidden := startProgram(t, asNobody, secret, argv[1:]...)
	inviting := startCommand(t, asNobody, publicHelper(t, "invite"))
	for _, p := range []*program{ours, theirs, hidden, inviting} {
		p.expect("ready")
	}
	scope := yamaScope()
	for _, test := range []struct {
		what string
		as   *syscall.SysProcAttr
		to   *program // nil: its own child
		yama int      // forbids it from this scope on
		want bool
	}{
		{"own program", asNobody, theirs, 1, true}, // not a descendant
		{"own program that has invited it", asNobody, inviting, 2, true},
		{"own child", asNobody, nil, 2, true},
		{"the superuser's program", asNobody, ours, 4, false},
		{"own program that cannot be read", asNobody, hidden, 4, false},
		{"any program, as root", nil, theirs, 3, true},
		{"own child, as root", nil, nil, 3, true},
	} {
		var args []string
		if test.to != nil {
			args = append(args, strconv.Itoa(test.to.cmd.Process.Pid))
		}
		out := runHelper(t, "attempt", test.as, args...)
		checkPermission(t, test.what, out, test.want && scope < test.yama)
		if scope >= test.yama && !strings.Contains(out, "Yama") {
			t.Errorf("%s: %q does not name Yama, whose scope is %d", test.what, out, scope)
		}
	}
	checkPermission(t, "thread of the kernel", runHelper(t, "attempt", asNobody, "2"), false)
}

// checkPermission judges what the helper attempt has said.
func checkPermission(t *testing.T, what, out string, want bool) {
	t.Helper()
	prefix := fmt.Sprintf("permitted %v: ", want)
	_, verdict, _ := strings.Cut(out, "\n")
	if !strings.HasPrefix(verdict, prefix) || !want && len(verdict) < len(prefix)+20 {
		t.Errorf("%s: %q, want %q and a rule", what, verdict, prefix)
	}
	if !strings.HasPrefix(out, fmt.Sprintf("kernel %v\n", want)) {
		t.Errorf("%s: want %v, the kernel disagrees: %s", what, want, out)
	}
}
