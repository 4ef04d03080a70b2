package daemon_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A file of another name is another command: one called strace traces. The owner
// that it starts must not be taken for a program to be traced, which would start
// an owner.
func TestFileNamedStrace(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("UTRACE_SOCKET", filepath.Join(dir, "run", "owner"))
	m := &mortal{t}
	file := filepath.Join(dir, "strace")
	program, err := os.ReadFile(utrace)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, "-o", filepath.Join(dir, "log"), "--mode=stop", "true")
	cmd.Cancel = func() error { // the whole chain, and no more of it
		os.Remove(file)
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pid := m.pid()
	t.Cleanup(func() {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		until(t, "the end of the owner", func() bool { return !alive(pid) })
	})
}
