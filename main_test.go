package utrace_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// oneSeed makes the random tests try one seed only.
var oneSeed = flag.Int64("seed", -1, "run the random tests with this seed only, and say what happens")

// TestMain fails if tests leave goroutines behind.
func TestMain(m *testing.M) {
	flag.Parse()
	before := runtime.NumGoroutine()
	code := m.Run()
	deadline := time.Now().Add(scale.Time(5 * time.Second))
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond) // they are ending
	}
	if n := runtime.NumGoroutine(); n > before && code == 0 {
		buf := make([]byte, 1<<16)
		fmt.Fprintf(os.Stderr, "%d goroutines were left:\n%s\n", n-before, buf[:runtime.Stack(buf, true)])
		code = 1
	}
	os.Exit(code)
}

// scaled multiplies a number of rounds by UTRACE_TEST_SCALE; -short divides.
func scaled(n int) int {
	if testing.Short() {
		n /= 10
	}
	if f, err := strconv.ParseFloat(os.Getenv("UTRACE_TEST_SCALE"), 64); err == nil && f > 0 {
		n = int(float64(n) * f)
	}
	return max(n, 1)
}
