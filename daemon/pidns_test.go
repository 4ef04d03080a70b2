package daemon_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sorted is a log without what changes from run to run: the ids of a new PID
// namespace are small and stay.
func sorted(t *testing.T, log string) []string {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	unfinished := map[string]string{} // by thread; what comes in between is a matter of time
	for line := range strings.Lines(string(b)) {
		thread, _, _ := strings.Cut(line, " ")
		if begin, ok := strings.CutSuffix(line, " <unfinished ...>\n"); ok {
			unfinished[thread] = begin
			continue
		}
		if _, rest, ok := strings.Cut(line, " resumed>"); ok {
			line = unfinished[thread] + rest
		}
		if strings.Contains(line, "+++") || strings.Contains(line, "= ? ERESTART") || strings.Contains(line, "SIGCHLD") {
			continue // when it happens is a matter of time, natively too
		}
		list = append(list, strings.Join(strings.Fields(changing.ReplaceAllString(line, "X")), " "))
	}
	slices.Sort(list)
	return list
}

// family is a shell that makes children and reads of their ends.
const family = `echo $$; (exit 3); sh -c "exit 4"; kill -USR1 $$`

// TestPIDNamespace: a tracer in a PID namespace of its own has the ids of that
// namespace for threads, and sees them in the answers.
func TestPIDNamespace(t *testing.T) {
	dir := t.TempDir()
	inside := func(log string, before, between []string) string {
		args := slices.Concat(before, []string{"unshare", "--kill-child", "-Urpf"}, between,
			[]string{"strace", "-f", "-e", "trace=clone,fork,vfork,wait4,kill", "-o", log, "sh", "-c", family})
		out, state := run(t, args...)
		if code := state.ExitCode(); code != 128+10 { // unshare ends as a shell would say it
			t.Fatalf("%v ended with %v:\n%s", args, state, out)
		}
		return strings.TrimSpace(out)
	}
	native, below, above := filepath.Join(dir, "native"), filepath.Join(dir, "below"), filepath.Join(dir, "above")
	pid := inside(native, nil, nil)
	// The namespace is made below a virtual tracer ...
	if got := inside(below, []string{utrace, "run"}, nil); got != pid {
		t.Errorf("the shell is process %s, natively %s", got, pid)
	}
	want, got := sorted(t, native), sorted(t, below)
	if len(want) < 6 {
		t.Fatalf("strace has written %d lines only", len(want))
	}
	if !slices.Equal(want, got) {
		t.Errorf("in a namespace below utrace run:\n%s\nnatively:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// ... or above it.
	pid = inside(above, nil, []string{utrace, "run"})
	if n := lines(above, "kill("+pid+", SIGUSR1)"); n != 1 {
		t.Errorf("utrace run in a namespace: the log does not have the id %s of the shell", pid)
	}
	if len(sorted(t, above)) != len(want) {
		t.Errorf("utrace run in a namespace: %d lines, want %d", len(sorted(t, above)), len(want))
	}
}

// TestPIDNamespaceGdb: a debugger in a PID namespace, with threads.
func TestPIDNamespaceGdb(t *testing.T) {
	out, state := run(t, utrace, "run", "unshare", "--kill-child", "-pf", "--mount-proc",
		"gdb", "-nx", "-batch", "-ex", "set pagination off", "-ex", "break tick", "-ex", "run 5 >/dev/null",
		"-ex", "info threads", "-ex", "delete", "-ex", "continue", tick)
	if state.ExitCode() != 0 || !strings.Contains(out, "exited with code 03") || !strings.Contains(out, "in tick") && !strings.Contains(out, "tick (") {
		t.Errorf("gdb ended with %v:\n%s", state, out)
	}
}
