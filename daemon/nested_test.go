package daemon_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program builds a program of testdata.
func program(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("gcc", "-O1", "-o", path, "testdata/"+name+".c", "-pthread").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// TestTracedParentIsAsked: a traced program becomes a tracer itself, again and
// again, whether it waits already or is stopped at the call. Its tracer sees an
// entry and an exit of each call; strace complains of anything else.
func TestTracedParentIsAsked(t *testing.T) {
	out, state := run(t, utrace, "run", "strace", "-o", "/dev/null", program(t, "asked"), "100")
	if out != "" || !state.Success() {
		t.Errorf("%v:\n%s", state, out)
	}
}

// TestPrivateOwnerUnderVirtualPtrace: our own loop traces and waits under a filter
// that sends its calls to an owner.
func TestPrivateOwnerUnderVirtualPtrace(t *testing.T) {
	for _, args := range [][]string{
		{utrace, "strace", "--private", "--mode=stop"},
		{utrace, "strace", "--private"},
		{utrace, "run", utrace, "strace"},
		{utrace, "run", "strace", "-f", utrace, "run", "strace"},
	} {
		args = append([]string{utrace, "run"}, append(args, "sh", "-c", "/bin/true; exit 5")...)
		out, state := run(t, args...)
		if state.ExitCode() != 5 || !strings.Contains(out, "execve(") {
			t.Errorf("%q: %v\n%s", args, state, out)
		}
	}
}

// TestSeccompLimits shows what a program can notice: natively the mode is 1.
func TestSeccompLimits(t *testing.T) {
	if out, state := run(t, utrace, "run", program(t, "confined")); out != "mode 2\n" {
		t.Errorf("%q, %v", out, state)
	}
}
