package daemon_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// fuzzer builds the program that makes random calls, and chooses where its seeds
// begin.
func fuzzer(t *testing.T) (program string, seed uint64) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "fuzz")
	if out, err := exec.Command("gcc", "-O1", "-Wall", "-pthread", "-o", program, "testdata/fuzz.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seed = uint64(time.Now().UnixNano())
	if text := os.Getenv("UTRACE_TEST_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("UTRACE_TEST_SEED=%d", seed)
	return program, seed
}

// TestRandomCalls has one tracer make random requests, on the kernel and on the
// owner: the same has to come of each.
func TestRandomCalls(t *testing.T) {
	program, seed := fuzzer(t)
	for i := range scale.Rounds(12) {
		args := []string{program, "one", fmt.Sprint(seed + uint64(i)), "200"}
		want, native := run(t, args...)
		got, virtual := run(t, append([]string{utrace, "run"}, args...)...)
		if got == want && native.ExitCode() == 0 && virtual.ExitCode() == 0 {
			continue
		}
		w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
		n := 0
		for n < len(w) && n < len(g) && w[n] == g[n] {
			n++
		}
		t.Errorf("seed %d: from line %d on\nvirtually (%v):\n%s\nnatively (%v):\n%s\nafter:\n%s", seed+uint64(i), n+1,
			virtual, strings.Join(g[n:min(n+3, len(g))], "\n"), native, strings.Join(w[n:min(n+3, len(w))], "\n"),
			strings.Join(w[max(n-10, 0):n], "\n"))
	}
}

// TestRandomTracers has several tracers make random calls about the same threads
// for a while; some are killed. The threads run on unharmed.
func TestRandomTracers(t *testing.T) {
	program, seed := fuzzer(t)
	for i := range scale.Rounds(2) {
		out, state := run(t, utrace, "run", program, "many", fmt.Sprint(seed+uint64(i)), "1000")
		if state.ExitCode() != 0 || strings.Contains(out, "FAIL") {
			list, _ := run(t, utrace, "ps")
			t.Fatalf("seed %d: %v\n%s\n%s", seed+uint64(i), state, out, list)
		}
	}
}
