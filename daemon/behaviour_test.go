package daemon_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cases splits the output of the behaviour table.
func cases(out []byte) (names []string, lines map[string][]string) {
	lines = map[string][]string{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, " ") {
			names = append(names, line)
			continue
		}
		name := names[len(names)-1]
		lines[name] = append(lines[name], line)
	}
	return names, lines
}

// TestBehaviour runs the table of what ptrace(2) and the waits do on the kernel
// and on the owner: the same lines have to come out.
func TestBehaviour(t *testing.T) {
	sources, err := filepath.Glob("testdata/behaviour/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	program := filepath.Join(t.TempDir(), "behaviour")
	args := append([]string{"-O1", "-g", "-fcf-protection=none", "-Wall", "-Wno-nonnull", "-pthread", "-o", program}, sources...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	native := exec.Command(program)
	virtual := exec.Command(utrace, "run", program)
	done := make(chan []byte)
	go func() {
		out, err := native.Output()
		if err != nil {
			t.Errorf("natively: %v", err)
		}
		done <- out
	}()
	got, err := virtual.Output()
	if err != nil {
		t.Errorf("virtually: %v", err)
	}
	names, want := cases(<-done)
	if len(names) < 80 {
		t.Fatalf("%d cases only", len(names))
	}
	_, have := cases(got)
	for _, name := range names {
		if !slices.Equal(want[name], have[name]) {
			t.Errorf("%s\nvirtually:\n%s\nnatively:\n%s", name,
				strings.Join(have[name], "\n"), strings.Join(want[name], "\n"))
		}
	}
}
