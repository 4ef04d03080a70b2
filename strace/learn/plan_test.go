package learn

import (
	"reflect"
	"slices"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

func all(*syscalls.ABI, uint64) bool { return true }

func planFor(t *testing.T, opts decode.Options, wanted func(*syscalls.ABI, uint64) bool) func(bpf.ABI, int) bpf.Call {
	t.Helper()
	plan, err := Plan(opts, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestPlan looks at calls of each sort: what is read of them is plain from their
// manual pages.
func TestPlan(t *testing.T) {
	plan := planFor(t, decode.Options{}, all)
	for _, c := range []struct {
		name        string
		entry, exit []bpf.Read
	}{
		{"getppid", nil, nil},
		{"write", []bpf.Read{{Base: bpf.Arg(1), Most: 33}}, nil},
		{"read", nil, []bpf.Read{{Base: bpf.Arg(1), Most: 33}}},
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
	plan := planFor(t, decode.Options{}, all)
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
	none := planFor(t, decode.Options{}, func(*syscalls.ABI, uint64) bool { return false })
	if !none(bpf.Native, write.Number).Unwanted {
		t.Error("a call that nobody wants is observed")
	}
	long := planFor(t, decode.Options{StrSize: 1000}, all)(bpf.Native, write.Number).Entry
	if len(long) != 1 || long[0].Most != bpf.MaxRead || long[0].Count != bpf.Arg(2) {
		t.Errorf("write with -s 1000: %+v", long)
	}
}

// TestTable: the table has what the decoder of today reads. All calls are studied
// as they are printed without options, and some with the others.
func TestTable(t *testing.T) {
	known, err := read(table)
	if err != nil {
		t.Fatal(err)
	}
	samples := map[string]bool{"read": true, "writev": true, "epoll_wait": true, "stat": true}
	for i := range variants {
		for _, abi := range syscalls.Native() {
			s := student{dec: decode.New(options(i)), abi: abi}
			for nr := range callsPerABI {
				name := abi.CallName(number(abi, nr))
				if i > 0 && !samples[name] {
					continue
				}
				if got, want := known[abi][nr].at(i), s.plan(number(abi, nr)); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s of %s, variant %d: the table has %+v, the decoder wants %+v; remedy: go generate ./strace/learn",
						name, abi, i, got, want)
				}
			}
		}
	}
}

// FuzzTable: a table that makes no sense is refused.
func FuzzTable(f *testing.F) {
	f.Add([]byte("x86_64 0 read 2 ; a1:256=1*r"))
	f.Add([]byte("x86_64 1 write 2 \"w0.8/8:33 sp:8! a1+5:4096 ; x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		known, err := read(text)
		if err != nil {
			return
		}
		for _, calls := range known {
			for i := range calls {
				for v := range variants {
					calls[i].at(v)
				}
			}
		}
	})
}
