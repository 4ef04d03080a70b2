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
// lines have to come out. So do those of 32-bit programs, on the kernel and on the
// owner.
func TestBehaviour(t *testing.T) {
	wide, narrow := behaviour(t), behaviour(t, "-m32")
	type virtually map[string]chan []byte
	tables := []struct {
		native chan []byte
		here   virtually
	}{
		{table(t, wide), virtually{
			"virtually":            table(t, utrace, "run", wide),
			"under another tracer": table(t, utrace, "run", "strace", "-f", "-qq", "-o", "/dev/null", wide),
		}},
		{table(t, narrow), virtually{"virtually, in 32 bits": table(t, utrace, "run", narrow)}},
	}
	for _, x := range tables {
		names, want := cases(<-x.native)
		if len(names) < 600 {
			t.Fatalf("%d cases only", len(names))
		}
		for how, out := range x.here {
			compare(t, how, names, want, <-out)
		}
	}
}

// compare reports the cases of which other lines have come out.
func compare(t *testing.T, how string, names []string, want map[string][]string, out []byte) {
	_, have := cases(out)
	for _, name := range names {
		if !slices.Equal(want[name], have[name]) {
			t.Errorf("%s\n%s:\n%s\nnatively:\n%s", name, how,
				strings.Join(have[name], "\n"), strings.Join(want[name], "\n"))
		}
	}
}

// behaviour builds the table.
func behaviour(t *testing.T, flags ...string) (program string) {
	sources, err := filepath.Glob("testdata/behaviour/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	program = filepath.Join(t.TempDir(), "behaviour")
	args := append([]string{"-O1", "-g", "-fcf-protection=none", "-no-pie", "-Wall", "-Wno-nonnull", "-pthread", "-o", program}, sources...)
	if out, err := exec.Command("gcc", append(args, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// table runs the table, and delivers what it prints.
func table(t *testing.T, args ...string) chan []byte {
	done := make(chan []byte, 1)
	go func() {
		var said strings.Builder
		c := exec.Command(args[0], args[1:]...)
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			t.Errorf("%q: %v\n%s", args, err, said.String())
		}
		done <- out
	}()
	return done
}
