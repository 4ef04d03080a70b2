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

// TestBehaviour runs the table of what ptrace(2) and the waits do on the kernel, on
// the owner, and on the owner while another tracer follows everything: the same
// lines have to come out.
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
	native := table(t, program)
	alone := table(t, utrace, "run", program)
	second := table(t, utrace, "run", "strace", "-f", "-qq", "-o", "/dev/null", program)
	names, want := cases(<-native)
	if len(names) < 80 {
		t.Fatalf("%d cases only", len(names))
	}
	for how, out := range map[string][]byte{"virtually": <-alone, "under another tracer": <-second} {
		_, have := cases(out)
		for _, name := range names {
			if !slices.Equal(want[name], have[name]) {
				t.Errorf("%s\n%s:\n%s\nnatively:\n%s", name, how,
					strings.Join(have[name], "\n"), strings.Join(want[name], "\n"))
			}
		}
	}
}

// table runs the table, and delivers what it prints.
func table(t *testing.T, args ...string) chan []byte {
	done := make(chan []byte, 1)
	go func() {
		out, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			t.Errorf("%q: %v", args, err)
		}
		done <- out
	}()
	return done
}
