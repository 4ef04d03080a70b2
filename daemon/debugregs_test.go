package daemon_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// built compiles a program of testdata for so many bits.
func built(t *testing.T, name string, bits int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	cc := exec.Command("gcc", fmt.Sprintf("-m%d", bits), "-g", "-O1", "-pthread", "-o", file, "testdata/"+name+".c")
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return file
}

// RG5: a tracer alone has debug registers as the kernel gives them: values, errors
// and hits are the same, whatever it does to them.
func TestRG5_DebugRegistersLikeNative(t *testing.T) {
	for _, bits := range []int{64, 32} {
		program := built(t, "debugregs", bits)
		for seed := range 6 {
			t.Run(fmt.Sprintf("%d-bit/%d", bits, seed), func(t *testing.T) {
				want, _ := run(t, program, strconv.Itoa(seed))
				got, _ := run(t, utrace, "run", program, strconv.Itoa(seed))
				native, virtual := strings.Split(want, "\n"), strings.Split(got, "\n")
				if n := strings.Count(want, "code 4"); n < 5 {
					t.Errorf("%d hits only", n)
				}
				for i := range min(len(native), len(virtual)) {
					if native[i] != virtual[i] {
						t.Fatalf("line %d: natively %q, virtually %q, after %q", i, native[i], virtual[i], native[max(i-1, 0)])
					}
				}
				if len(native) != len(virtual) {
					t.Errorf("%d lines natively, %d virtually", len(native), len(virtual))
				}
			})
		}
	}
}
