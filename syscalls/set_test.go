package syscalls

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseSet(t *testing.T) {
	x86 := []*ABI{X86_64, I386, X32}
	for _, tt := range []struct {
		expr    string
		in, out string // calls, with @32 for i386
	}{
		{"open,close", "open close open@32", "read mmap2@32"},
		{"!open", "close read@32", "open open@32"},
		{"%file", "open stat execve@32", "read socket"},
		{"file", "open", "read"},
		{"%%stat", "stat fstat@32 statx", "statfs"},
		{"/^op.*at$", "openat", "open openat2"},
		{"?nosuch", "", "open"},
		{"?nosuch,open", "open", "close"},
		{"open@32", "open@32", "open"},
		{"257", "openat", "openat@32"},
		{"open,", "open", "close"},
		{"all", "open read@32", ""},
		{"none", "", "open"},
		{"!none", "open", ""},
		{"%net", "socket socketcall@32", "open"},
	} {
		s, err := ParseSetFor(x86, tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		check := func(list string, want bool) {
			for _, name := range strings.Fields(list) {
				abi := X86_64
				if n, ok := strings.CutSuffix(name, "@32"); ok {
					abi, name = I386, n
				}
				c, ok := abi.ByName(name)
				if !ok {
					t.Fatalf("no call %s", name)
				}
				if s.Contains(abi, uint64(c.Number)) != want {
					t.Errorf("%s: contains %s@%s is %v", tt.expr, name, abi.Personality, !want)
				}
			}
		}
		check(tt.in, true)
		check(tt.out, false)
	}
}

func TestParseSetErrors(t *testing.T) {
	for expr, want := range map[string]string{
		"foo":     "invalid system call 'foo'",
		"":        "invalid system call ''",
		"!":       "invalid system call '!'",
		"%foo":    "invalid system call '%foo'",
		"9999":    "invalid system call '9999'",
		"open@33": "incorrect personality designator '33' in qualification 'open@33'",
		"/[":      "regcomp: [",
	} {
		_, err := ParseSetFor([]*ABI{X86_64, I386, X32}, expr)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", expr, err, want)
		}
	}
}

func TestTables(t *testing.T) {
	for _, tt := range []struct {
		abi  *ABI
		name string
		nr   uint64
	}{
		{X86_64, "openat", 257}, {I386, "mmap2", 192}, {X32, "ioctl", 0x40000000 | 514},
		{ARM64, "newfstatat", 79}, {ARM, "openat", 322}, {ARM, "pread64", 180}, {X86_64, "file_getattr", 468},
	} {
		c, ok := tt.abi.Lookup(tt.nr)
		if !ok || c.Name != tt.name {
			t.Errorf("%s %d: %v, want %s", tt.abi, tt.nr, c, tt.name)
		}
	}
	if abi := ByAuditArch(0xc000003e).ForNumber(0x40000000); abi != X32 {
		t.Errorf("bit 30 is %v, want x32", abi)
	}
	if got := X86_64.CallName(0x14f + 5); got != "syscall_0x154" {
		t.Errorf("name of an unknown number: %s", got)
	}
}

func ExampleParseSetFor() {
	set, err := ParseSetFor([]*ABI{X86_64}, "%statfs,close")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, nr := range set.Numbers(X86_64) {
		fmt.Println(X86_64.CallName(uint64(nr)))
	}
	// Output:
	// close
	// statfs
}

// TestSubcalls: what i386 does by way of socketcall and ipc is chosen by its own name.
func TestSubcalls(t *testing.T) {
	set, err := ParseSetFor([]*ABI{I386}, "accept,semget")
	if err != nil {
		t.Fatal(err)
	}
	const socketcall, ipc, accept, bind, semget, newSemget = 102, 117, 5, 2, 2, 393
	for _, c := range []struct {
		nr, op uint64
		name   string
		in     bool
	}{
		{socketcall, accept, "accept", true}, {socketcall, bind, "bind", false}, {ipc, semget, "semget", true},
		{socketcall, 99, "socketcall", false}, {ipc, 1<<16 | semget, "semget", true}, {ipc, 99, "ipc", false}, {5, accept, "open", false},
	} {
		behind := I386.Behind(c.nr, c.op)
		if name := I386.CallName(behind); name != c.name {
			t.Errorf("call %d with %d: %s, want %s", c.nr, c.op, name, c.name)
		}
		if set.Contains(I386, behind) != c.in {
			t.Errorf("%s: in the set: %v", c.name, !c.in)
		}
		if through := I386.Through(behind); through != c.nr {
			t.Errorf("%s is made by way of %d, want %d", c.name, through, c.nr)
		}
	}
	if got := set.Numbers(I386); !slices.Equal(got, []int{socketcall, ipc, newSemget}) {
		t.Errorf("threads are asked at %v", got)
	}
	if X86_64.Behind(socketcall, accept) != socketcall {
		t.Error("x86_64 has no socketcall")
	}
}
