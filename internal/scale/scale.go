// Package scale says how much of a thing tests do: storms and seeds grow with
// the environment variable UTRACE_TEST_SCALE, a factor, for longer runs. It also says
// how long they may wait.
package scale

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// Rounds is n times the factor; a tenth of that with -short; at least one.
func Rounds(n int) int {
	if testing.Short() {
		n /= 10
	}
	if f, err := strconv.ParseFloat(os.Getenv("UTRACE_TEST_SCALE"), 64); err == nil && f > 0 {
		n = int(float64(n) * f)
	}
	return max(n, 1)
}

// Time is d, or more where everything takes longer (UTRACE_TEST_PATIENCE, a
// factor): in emulated machines.
func Time(d time.Duration) time.Duration {
	if f, err := strconv.ParseFloat(os.Getenv("UTRACE_TEST_PATIENCE"), 64); err == nil && f > 1 {
		d = time.Duration(float64(d) * f)
	}
	return d
}
