// Package scale says how much of a thing tests do: storms and seeds grow with
// the environment variable UTRACE_TEST_SCALE, a factor, for longer runs.
package scale

import (
	"os"
	"strconv"
	"testing"
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
