package main

import (
	"fmt"
	"os"
	"path/filepath"
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
		{[]string{"-u", "nobody"}, "65534"},
	} {
		if test.options != nil && os.Getuid() != 0 {
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
	}
}
