package strace

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/utrace/utrace/tool"
)

// deep makes a call from a chain of functions, and one from a signal handler.
const deep = `
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEEP __attribute__((noinline, noclone))
DEEP long third(void)  { return syscall(SYS_getppid) + 1; }
DEEP long second(void) { return third() + 1; }
DEEP long first(void)  { return second() + 1; }
static void handler(int sig) { syscall(SYS_getuid); }
int main(void)
{
	signal(SIGUSR1, handler);
	first();
	raise(SIGUSR1);
	return 0;
}
`

// buildDeep compiles it.
func buildDeep(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "deep.c")
	if err := os.WriteFile(source, []byte(deep), 0o666); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "deep")
	out, err := exec.Command("cc", append(flags, "-O1", "-o", program, source)...).CombinedOutput()
	if err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return program
}

var frameLine = regexp.MustCompile(`^ > (\S+?)\((?:(\S+)\+0x[0-9a-f]+)?\) \[0x[0-9a-f]+\]$`)

// functions returns the functions of the frames behind the line that begins so.
func functions(t *testing.T, trace, line string) (names []string) {
	t.Helper()
	_, rest, found := strings.Cut(trace, "\n"+line)
	if !found {
		t.Fatalf("no line %q in\n%s", line, trace)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	for text := range strings.Lines(rest) {
		m := frameLine.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if m == nil {
			break
		}
		names = append(names, m[2])
	}
	return names
}

// TestStackTraces: -k names who called, through a signal handler, too, and after
// the end whoever ended the program.
func TestStackTraces(t *testing.T) {
	for _, flags := range [][]string{nil, {"-m32"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trace")
			Run(context.Background(), tool.Here(), "strace", "", []string{"-k", "-e", "trace=getppid,getuid,getuid32,exit_group", "-o", file, buildDeep(t, flags...)})
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			trace := "\n" + string(text)
			for line, want := range map[string]string{
				"getppid()":   "third second first main",
				"getuid()":    "handler",
				"--- SIGUSR1": "main",
				"+++ exited":  "exit",
			} {
				got := functions(t, trace, line)
				if !containsInOrder(got, strings.Fields(want)) {
					t.Errorf("%s: called by %q, want %s in it\n%s", line, got, want, text)
				}
			}
		})
	}
}

// containsInOrder reports whether list has all of want, one after the other.
func containsInOrder(list, want []string) bool {
	for _, x := range list {
		if len(want) > 0 && x == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}
