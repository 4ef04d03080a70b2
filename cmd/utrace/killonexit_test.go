package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
)

// TestKillOnExit: with --kill-on-exit nothing that was traced outlives the tracer: not
// when it is killed, nor when it is interrupted.
func TestKillOnExit(t *testing.T) {
	for _, how := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		pid := target(t)
		file := filepath.Join(t.TempDir(), "trace")
		cmd, stderr := background(t, "strace", "--kill-on-exit", "-f", "-I1", "-o", file, "-p", fmt.Sprint(pid), "sh", "-c", "(sleep 1000; :); :")
		eventually(t, "the trace", func() bool { return written(file, "wait4(")() && written(file, "tv_sec=1000")() })
		cmd.Process.Signal(how)
		cmd.Wait()
		sleeper := child(t, file)
		eventually(t, fmt.Sprintf("after %v, the end of all; %s", how, stderr), func() bool {
			return !running(pid) && !running(sleeper)
		})
	}
}

// child is the process of the trace that sleeps.
func child(t *testing.T, file string) (pid int) {
	t.Helper()
	trace, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(trace), "\n") {
		if strings.Contains(line, "clock_nanosleep(") && strings.Contains(line, "tv_sec=1000") {
			fmt.Sscan(line, &pid)
		}
	}
	if pid == 0 {
		t.Fatal("nobody sleeps in the trace")
	}
	return pid
}

// running reports whether a process lives; one that nobody has waited for does not.
func running(pid int) bool {
	stat, err := procfs.ReadStat(pid)
	return err == nil && stat.State != 'Z' && stat.State != 'X'
}
