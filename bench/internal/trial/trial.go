// Package trial has what all comparisons need: programs to run, how much to have
// them do, and the middle of what came out.
package trial

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// Compile makes a program of a C source text, both in dir, and returns its path.
func Compile(dir, name, text string, flags ...string) (program string, err error) {
	program = filepath.Join(dir, name)
	source := program + ".c"
	if err := os.WriteFile(source, []byte(text), 0o666); err != nil {
		return "", err
	}
	if out, err := exec.Command("gcc", append(flags, "-o", program, source)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc (package gcc): %w\n%s", err, out)
	}
	return program, nil
}

// Times is n times UTRACE_TEST_SCALE, which makes everything longer.
func Times(n int) int {
	if f, err := strconv.ParseFloat(os.Getenv("UTRACE_TEST_SCALE"), 64); err == nil && f > 0 {
		n = int(float64(n) * f)
	}
	return max(n, 1)
}

// Median sorts the values, of which there is one at least, and returns the middle
// one.
func Median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// Fatal ends the comparison.
func Fatal(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}
