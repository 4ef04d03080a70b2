package daemon_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/utrace/utrace/internal/scale"
)

// Answers that get lost, since a signal reaches the tracer between its call and the
// answer, are given again: in a storm of signals a tracer counts what it counts on
// the kernel.
func TestLostAnswers(t *testing.T) {
	program := filepath.Join(t.TempDir(), "storm")
	build(exec.Command("gcc", "-O1", "-pthread", "-o", program, "testdata/storm.c"))
	n := fmt.Sprint(scale.Rounds(200))
	for _, args := range [][]string{{n}, {n, "threads"}} {
		want, state := run(t, append([]string{program}, args...)...)
		if !state.Success() {
			t.Fatalf("%v on the kernel:\n%s", args, want)
		}
		if got, _ := run(t, append([]string{utrace, "run", program}, args...)...); got != want {
			t.Errorf("%v virtually:\n%s\non the kernel:\n%s", args, got, want)
		}
	}
}

// Two tracers stop all threads and step one each, not the same, as debuggers do over
// breakpoints: no step waits for the other tracer to let go of the thread for ever.
func TestStepsAcross(t *testing.T) {
	program := filepath.Join(t.TempDir(), "steps")
	build(exec.Command("gcc", "-O1", "-Wall", "-pthread", "-o", program, "testdata/steps.c"))
	if out, state := run(t, utrace, "run", program); !state.Success() {
		t.Errorf("%v: %s", state, out)
	}
}
