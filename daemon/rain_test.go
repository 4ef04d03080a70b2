package daemon_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/utrace/utrace/internal/scale"
)

// TestRequestsInTheRain: SIGCHLD of one tracee that breaks off a request about another
// one has it made once, and not fail. The kernel throws away one answer in some hundred
// thousand, more often the busier the machine is.
func TestRequestsInTheRain(t *testing.T) {
	program := filepath.Join(t.TempDir(), "rain")
	build(exec.Command("gcc", "-O1", "-Wall", "-o", program, "testdata/rain.c"))
	var all []*process
	for range 4 {
		all = append(all, start(t, utrace, "run", program, fmt.Sprint(scale.Rounds(2000))))
	}
	for _, p := range all {
		if state := p.wait(); !state.Success() {
			t.Errorf("%v\n%s", state, p.out.String())
		}
	}
}
