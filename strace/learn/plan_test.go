package learn

import (
	"slices"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

func all(*syscalls.ABI, uint64) bool { return true }

// TestPlan looks at calls of each sort: what is read of them is plain from their
// manual pages.
func TestPlan(t *testing.T) {
	plan := Plan(decode.Options{}, all)
	for _, c := range []struct {
		name        string
		entry, exit []bpf.Read
	}{
		{"getppid", nil, nil},
		{"write", []bpf.Read{{Base: bpf.Arg(1), Most: 32}}, nil},
		{"read", nil, []bpf.Read{{Base: bpf.Arg(1), Most: 32}}},
		{"openat", []bpf.Read{{String: true, Base: bpf.Arg(1), Most: 4096}}, nil},
		{"stat", []bpf.Read{{String: true, Base: bpf.Arg(0), Most: 4096}}, []bpf.Read{{Base: bpf.Arg(1), Most: 144}}},
		{"epoll_wait", nil, []bpf.Read{{Base: bpf.Arg(1), Most: 33 * 12, Count: bpf.Result(), Element: 12}}},
	} {
		call, ok := syscalls.X86_64.ByName(c.name)
		if !ok {
			t.Fatalf("no call %s", c.name)
		}
		if got := plan(bpf.Native, call.Number); !slices.Equal(got.Entry, c.entry) || !slices.Equal(got.Exit, c.exit) {
			t.Errorf("%s: %+v, want %+v and %+v", c.name, got, c.entry, c.exit)
		}
	}
}

// TestPlanNested checks that pointers in memory are followed: the strings of an
// argument vector, the buffers of an I/O vector.
func TestPlanNested(t *testing.T) {
	plan := Plan(decode.Options{}, all)
	for name, want := range map[string]func(bpf.Read, int) bool{
		"execve": func(r bpf.Read, i int) bool { return r.String && r.Base == bpf.Word(1, 8*(i-2), 8) },
		"writev": func(r bpf.Read, i int) bool { return !r.String && r.Base == bpf.Word(0, 16*(i-1), 8) },
	} {
		call, _ := syscalls.X86_64.ByName(name)
		reads := plan(bpf.Native, call.Number).Entry
		from := map[string]int{"execve": 2, "writev": 1}[name]
		if len(reads) < from+32 {
			t.Fatalf("%s: %d reads", name, len(reads))
		}
		for i := from; i < from+32; i++ {
			if !want(reads[i], i) {
				t.Errorf("%s: read %d is %+v", name, i, reads[i])
			}
		}
	}
}

// TestPlanOptions: what nobody wants is left out, and longer strings are copied
// where the options ask for them.
func TestPlanOptions(t *testing.T) {
	write, _ := syscalls.X86_64.ByName("write")
	none := Plan(decode.Options{}, func(*syscalls.ABI, uint64) bool { return false })
	if !none(bpf.Native, write.Number).Unwanted {
		t.Error("a call that nobody wants is observed")
	}
	long := Plan(decode.Options{StrSize: 1000}, all)(bpf.Native, write.Number).Entry
	if len(long) != 1 || long[0].Most != 1000 || long[0].Count != bpf.Arg(2) {
		t.Errorf("write with -s 1000: %+v", long)
	}
}
