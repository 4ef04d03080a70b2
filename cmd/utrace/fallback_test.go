package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestObserveNotAllowed: who may not load programs into the kernel gets a trace all
// the same, by stops, and is told so once, with the owner's help and without.
func TestObserveNotAllowed(t *testing.T) {
	dir := forStrangers(t)
	own := filepath.Join(dir, "own") // of the stranger's; the owner there ends with it
	err := os.Mkdir(own, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(own, stranger, stranger); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		told int
	}{
		{"strace /bin/true", 1},
		{"strace --private /bin/true", 1},
		{"strace -c /bin/true", 1},
		{"strace -q /bin/true", 0},
		{"strace --mode=stop /bin/true", 0},
	} {
		cmd := asStranger(t, dir, strings.Fields(c.args)...)
		cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+filepath.Join(own, "owner"))
		o := finish(t, cmd)
		if told := strings.Count(o.stderr, "Threads are stopped at each call"); told != c.told {
			t.Errorf("utrace %s tells it %d times: %s", c.args, told, o.stderr)
		}
		if o.status != 0 || !strings.Contains(o.stderr, "execve") {
			t.Errorf("utrace %s: %d, %s", c.args, o.status, o.stderr)
		}
	}
	o := finish(t, asStranger(t, dir, "strace", "--mode=observe", "/bin/true"))
	if o.status == 0 || !strings.Contains(o.stderr, "CAP_BPF") {
		t.Errorf("--mode=observe: %d, %s", o.status, o.stderr)
	}

	// All processes can be shown by observing only.
	o = finish(t, asStranger(t, dir, "top", "--once"))
	if o.status != 1 || !strings.HasPrefix(o.stderr, "utrace: ebpf: observing takes CAP_BPF") || o.stdout != "" {
		t.Errorf("top: %+v", o)
	}
	o = finish(t, asStranger(t, dir, "top", "--once", "-p", "1"))
	if o.status != 1 || strings.Contains(o.stderr, "strace") || !strings.Contains(o.stderr, "belongs to user root") {
		t.Errorf("top -p: %+v", o)
	}

	// Root of a user namespace has all capabilities, but not over the machine.
	within := command(t, "strace", "--mode=observe", "/bin/true")
	within.Args = append([]string{"unshare", "-Ur", filepath.Join(dir, "utrace")}, within.Args[1:]...)
	if within.Path, err = exec.LookPath("unshare"); err != nil {
		t.Fatal(err)
	}
	o = finish(t, within)
	if o.status == 0 || !strings.Contains(o.stderr, "ours are of a user namespace") {
		t.Errorf("--mode=observe in a user namespace: %d, %s", o.status, o.stderr)
	}
}
