package breakpoint_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestMain fails if tests leave goroutines behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	deadline := time.Now().Add(5 * time.Second)
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

// scaled multiplies by UTRACE_TEST_SCALE; -short divides.
func scaled(n int) int {
	if f, err := strconv.ParseFloat(os.Getenv("UTRACE_TEST_SCALE"), 64); err == nil && f > 0 {
		n = int(float64(n) * f)
	}
	if testing.Short() {
		n /= 10
	}
	return max(n, 1)
}
