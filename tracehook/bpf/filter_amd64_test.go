package bpf_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// Numbers on x86-64.
const (
	nrWrite   = 1
	nrGetppid = 110
	nrOpenat  = 257
)

// only is a monitor that wants one call.
func only(nr int, c bpf.Call) *bpf.Monitor {
	return &bpf.Monitor{Room: 1 << 20, Calls: func(abi bpf.ABI, n int) bpf.Call {
		if abi != bpf.Native || n != nr {
			return bpf.Call{Unwanted: true}
		}
		return c
	}}
}

// TestConditions: arguments are compared in the kernel.
func TestConditions(t *testing.T) {
	// It writes 1, 2, 3 and 4 bytes.
	const script = `print "a"; print "ab"; print "abc"; print "abcd"`
	for _, c := range []struct {
		name       string
		conditions []bpf.Condition
		want       int
	}{
		{"none", nil, 4},
		{"equal", []bpf.Condition{{Arg: 2, Kind: bpf.Equal, Mask: ^uint64(0), Value: 3}}, 1},
		{"masked", []bpf.Condition{{Arg: 2, Kind: bpf.Equal, Mask: 1, Value: 1}}, 2},
		{"less", []bpf.Condition{{Arg: 2, Kind: bpf.Less, Value: 3}}, 2},
		{"more", []bpf.Condition{{Arg: 2, Kind: bpf.More, Value: 3}}, 1},
		{"not", []bpf.Condition{{Arg: 2, Kind: bpf.More, Value: 3, Not: true}}, 3},
		{"prefix", []bpf.Condition{{Arg: 1, Kind: bpf.HasPrefix, Prefix: "abc"}}, 2},
		{"no prefix", []bpf.Condition{{Arg: 1, Kind: bpf.HasPrefix, Prefix: "abc", Not: true}}, 2},
		{"all of them", []bpf.Condition{
			{Arg: 0, Kind: bpf.Equal, Mask: ^uint64(0), Value: 1},
			{Arg: 1, Kind: bpf.HasPrefix, Prefix: "a"},
			{Arg: 2, Kind: bpf.More, Value: 1},
			{Arg: 2, Kind: bpf.Less, Value: 4},
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWatch(t, only(nrWrite, bpf.Call{Conditions: c.conditions}))
			if w == nil {
				return
			}
			seen := w.run(script, tracehook.WantSyscalls, actor.Start)
			for _, kind := range []tracehook.Kind{tracehook.SyscallEntry, tracehook.SyscallExit} {
				if n := count(seen, func(s sighting) bool { return s.Kind == kind }); n != c.want {
					t.Errorf("%d of %v, want %d", n, kind, c.want)
				}
			}
		})
	}
}

// TestResults: with a choice of results, both events of a call come when it has
// ended, in order, the first with the time at which it began.
func TestResults(t *testing.T) {
	for results, want := range map[bpf.Results]int{bpf.AnyResult: 6, bpf.Successes: 3, bpf.Failures: 3} {
		w := newWatch(t, only(nrWrite, bpf.Call{Results: results}))
		if w == nil {
			return
		}
		seen := w.run(`repeat 3 { print "x"; write 77 "y" }`, tracehook.WantSyscalls, actor.Start)
		var begun uint64
		n := 0
		for _, s := range seen {
			switch s.Kind {
			case tracehook.SyscallEntry:
				begun = s.Time
			case tracehook.SyscallExit:
				n++
				if !s.Syscall.Paired || begun == 0 || begun > s.Time {
					t.Errorf("results %d: %+v after the beginning at %d", results, s.Event, begun)
				}
				if results == bpf.Failures && s.Syscall.Result != -9 || results == bpf.Successes && s.Syscall.Result != 1 {
					t.Errorf("results %d: result %d", results, s.Syscall.Result)
				}
				begun = 0
			}
		}
		if n != want {
			t.Errorf("results %d: %d calls, want %d", results, n, want)
		}
	}
}

// TestCompat: calls of 32-bit programs come with their own numbers, and their
// memory is copied.
func TestCompat(t *testing.T) {
	const nr32Write = 4
	w := newWatch(t, &bpf.Monitor{Room: 1 << 20, Calls: func(abi bpf.ABI, n int) bpf.Call {
		if abi != bpf.Compat || n != nr32Write {
			return bpf.Call{Unwanted: true}
		}
		return bpf.Call{Entry: []bpf.Read{{Base: bpf.Arg(1), Most: 32, Count: bpf.Arg(2), Element: 1}}}
	}})
	if w == nil {
		return
	}
	seen := w.run(`print "hello"; getppid`, tracehook.WantSyscalls, actor.Start32)
	const auditI386 = 0x40000003
	n := count(seen, func(s sighting) bool {
		if s.Kind != tracehook.SyscallEntry || s.Syscall.Arch != auditI386 || s.Syscall.Nr != nr32Write || s.Syscall.Args[2] != 5 || s.now == nil {
			return false
		}
		var text [5]byte
		s.now.ReadMemory(s.Syscall.Args[1], text[:])
		return string(text[:]) == "hello"
	})
	if n != 1 {
		t.Errorf("%d calls of write with its text, want 1: %+v", n, seen)
	}
}

// TestCgroup: members of a cgroup are observed from their first event on, and
// nobody else.
func TestCgroup(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test: %v", err)
		return
	}
	var dir string
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(root + "/cgroup.procs"); err != nil {
			continue
		}
		var err error
		if dir, err = os.MkdirTemp(root, "utrace-test"); err == nil {
			break
		}
	}
	if dir == "" {
		t.Skip("no cgroup (version 2) can be made here")
	}
	defer os.Remove(dir)
	m := only(nrGetppid, bpf.Call{})
	m.Cgroup, m.Interest = dir, tracehook.WantSyscalls|tracehook.WantClones
	w := newWatch(t, m)
	// The second shell is a member, by its own doing, and so are its children.
	member := exec.Command("sh", "-c", `echo $$ > `+dir+`/cgroup.procs; sh -c 'true'; (exit 3)`)
	outsider := exec.Command("sh", "-c", `exit 4`)
	outsider.Run()
	member.Run()
	w.until(tracehook.Reap, member.Process.Pid)
	for _, s := range w.seen {
		if s.id == outsider.Process.Pid {
			t.Errorf("%v of a process outside", s.Kind)
		}
	}
	births := count(w.seen, func(s sighting) bool { return s.Kind == tracehook.Clone })
	deaths := count(w.seen, func(s sighting) bool { return s.Kind == tracehook.Death })
	if births < 1 || deaths != births+1 {
		t.Errorf("%d births and %d deaths of the member and its children", births, deaths)
	}
	if _, err := (&bpf.Monitor{Cgroup: t.TempDir()}).NewObserver(handler(func(*tracehook.Event) {})); err == nil {
		t.Error("an ordinary directory is taken for a cgroup")
	}
}
