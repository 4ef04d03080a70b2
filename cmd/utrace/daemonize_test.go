package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDaemonize: with -D the process that was started becomes the program, as another
// user with -u, and the tracer is none of its children.
func TestDaemonize(t *testing.T) {
	for _, test := range []struct {
		options []string
		uid     string
	}{
		{nil, fmt.Sprint(os.Getuid())},
		{[]string{"-f", "--mode=stop"}, fmt.Sprint(os.Getuid())},
		{[]string{"-f"}, fmt.Sprint(os.Getuid())},
		{[]string{"-u", "nobody"}, "65534"},
	} {
		if test.uid != fmt.Sprint(os.Getuid()) && os.Getuid() != 0 {
			continue // only root may
		}
		file := filepath.Join(t.TempDir(), "trace")
		args := append([]string{"strace", "-DD", "-o", file}, test.options...)
		cmd := command(t, append(args, "sh", "-c", "echo $$; id -ru")...)
		cmd.Args[0] = "utrace" // so that it finds itself
		if o := finish(t, cmd); o.stdout != fmt.Sprintf("%d\n%s\n", cmd.Process.Pid, test.uid) || o.stderr != "" || o.status != 0 {
			t.Errorf("%v, process %d: %+v", test.options, cmd.Process.Pid, o)
		}
		eventually(t, "the end of the trace", written(file, "+++ exited with 0 +++"))
		// Threads that the process had before are not the program's.
		trace, err := os.ReadFile(file)
		if first, _, _ := strings.Cut(string(trace), "\n"); err != nil || !strings.Contains(first, "execve(") || !strings.HasSuffix(first, " = 0") {
			t.Errorf("%v: the trace begins with %s, %v", test.options, first, err)
		}
	}
}
