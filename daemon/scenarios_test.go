package daemon_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// TestScenarios has engines that were written for a core of their own process run
// over the owner's socket: the tests of internal/scenarios, with one constructor
// exchanged, expect the same of both. Some are drawn each time; UTRACE_TEST_ALL
// runs them all.
func TestScenarios(t *testing.T) {
	program := filepath.Join(t.TempDir(), "scenarios")
	compile := exec.Command("go", "test", "-c", "-o", program, "../internal/scenarios")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(args ...string) string {
		cmd := exec.Command(program, args...)
		cmd.Dir = "../internal/scenarios"
		cmd.Env = append(os.Environ(), "UTRACE_SCENARIO_OWNER="+os.Getenv("UTRACE_SOCKET"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	limit := "-test.timeout=" + scale.Time(5*time.Minute).String()
	if os.Getenv("UTRACE_TEST_ALL") != "" {
		run(limit)
		return
	}
	all := strings.Fields(run("-test.list=^Test[A-Z][A-Z][0-9]"))
	random := rand.New(rand.NewPCG(seed(t), 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	some := all[:min(len(all), scale.Rounds(6))]
	run(limit, "-test.run=^("+strings.Join(some, "|")+")$")
}
