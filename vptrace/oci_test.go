package vptrace

import (
	"slices"
	"testing"

	"github.com/utrace/utrace/internal/notify"
)

// The filter of a container picks what ours does, each call once.
func TestOCIFilter(t *testing.T) {
	f := OCIFilter("/run/x")
	picks := func(name string, args [6]uint64) bool {
		return slices.ContainsFunc(f.Syscalls, func(c OCISyscall) bool {
			return slices.Contains(c.Names, name) && !slices.ContainsFunc(c.Args, func(a OCIArg) bool {
				return a.Op != "SCMP_CMP_MASKED_EQ" || args[a.Index]&a.Value != a.ValueTwo
			})
		})
	}
	const above = 0xabc00000000 // what is in the upper half is not the argument's
	for _, c := range []struct {
		name string
		args [6]uint64
		want bool
	}{
		{"ptrace", [6]uint64{}, true},
		{"wait4", [6]uint64{5}, true},
		{"read", [6]uint64{}, false},
		{"tgkill", [6]uint64{1, 1, sigstop}, true},
		{"tgkill", [6]uint64{1, 1, sigkill}, false},
		{"openat", [6]uint64{0, 0, memFlags | above}, true},
		{"openat", [6]uint64{0, 0, readFlags}, true},
		{"openat", [6]uint64{0, 0, memFlags | 1}, false},
		{"pread64", [6]uint64{firstMemFD - 1}, false},
		{"pread64", [6]uint64{firstMemFD | above}, true},
		{"pwrite64", [6]uint64{lastMemFD}, true},
		{"pwrite64", [6]uint64{lastMemFD + 1}, false},
	} {
		if got := picks(c.name, c.args); got != c.want {
			t.Errorf("%s%x: picked %v", c.name, c.args, got)
		}
	}
	for i, c := range f.Syscalls {
		for _, other := range f.Syscalls[:i] {
			if c.Names[0] == other.Names[0] && slices.Equal(c.Args, other.Args) {
				t.Errorf("%v twice", c)
			}
		}
	}
	if len(f.Architectures) != len(tracerABIs()) || slices.Contains(f.Architectures, "") {
		t.Errorf("architectures %q", f.Architectures)
	}
	// A range has to be one that a mask can express.
	for _, r := range Rules() {
		if r.Arg != notify.Any && r.Last != 0 && (r.Last-r.Value+1)&(r.Last-r.Value) != 0 {
			t.Errorf("%+v is no power of two", r)
		}
		if r.Last != 0 && r.Value&(r.Last-r.Value) != 0 {
			t.Errorf("%+v does not begin at a multiple of its size", r)
		}
	}
}
