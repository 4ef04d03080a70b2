package daemon_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHostileTracers: whatever tracers do, they get answers and come to their end, and
// the owner serves others afterwards.
func TestHostileTracers(t *testing.T) {
	program := filepath.Join(t.TempDir(), "nasty")
	build(exec.Command("gcc", "-O1", "-Wall", "-o", program, "testdata/nasty.c", "-pthread"))
	for _, what := range []string{"never-waits", "forks", "garbage", "absurd", "options", "siblings"} {
		t.Run(what, func(t *testing.T) {
			out, err := exec.Command("timeout", "60", utrace, "run", program, what).CombinedOutput()
			if err != nil || string(out) != "done\n" {
				t.Errorf("%v\n%s", err, out)
			}
			if out, err := exec.Command("timeout", "60", utrace, "run", "strace", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
				t.Errorf("afterwards strace fails: %v\n%s", err, out)
			}
		})
	}
}
