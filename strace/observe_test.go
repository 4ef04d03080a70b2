package strace

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace/tracehook/bpf"
)

// programs are what the modes are compared on, one thread each: the order of
// lines of several is not the same twice.
var programs = [][]string{
	{"/bin/true"},
	{"/bin/ls", "-la", "/etc"},
	{"/usr/bin/sort", "/etc/passwd"},
	{"/bin/cat", "/etc/passwd", "/no/such/file"},
	{"/bin/sh", "-c", "cd /; umask 022; trap : USR1; kill -USR1 $$; exit 3"},
	{"/bin/sh", "-c", "kill -TERM $$"},
	{"/bin/tar", "cf", "/dev/null", "/etc/passwd"},
}

// quoted is a string in a trace.
var quoted = regexp.MustCompile(`"([^"\\]|\\.)*"`)

// asking are programs that ask which signals are ignored.
var asking = []string{"/bin/sh", "/usr/bin/sort"}

// different is what two runs of one program do not have in common: addresses,
// ids, times.
var different = []*regexp.Regexp{
	regexp.MustCompile(`0x[0-9a-f]+`),
	regexp.MustCompile(`\b[0-9]{3,}\b`),
	regexp.MustCompile(`si_[us]time=[0-9]+`),
	regexp.MustCompile(` +=`),
}

func masked(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = quoted.ReplaceAllFunc(text, func(s []byte) []byte {
		if s[1] == '/' {
			return s // a path; anything else is data
		}
		return []byte("data")
	})
	for _, d := range different {
		text = d.ReplaceAll(text, []byte("*"))
	}
	return strings.Split(string(text), "\n")
}

// TestObserveLikeStop compares what the two modes and strace write. Where
// observing is not possible, it compares what the fallback writes instead.
func TestObserveLikeStop(t *testing.T) {
	observe := "--mode=observe"
	if err := bpf.Probe(); err != nil {
		t.Logf("the fallback is tested, because %v", err)
		observe = "--mode=auto"
	}
	for _, program := range programs {
		t.Run(strings.Join(program, " "), func(t *testing.T) {
			dir := t.TempDir()
			traces := make(map[string][]string)
			for _, mode := range []string{"--mode=stop", observe} {
				file := filepath.Join(dir, mode)
				var stderr bytes.Buffer
				Run(context.Background(), to(&stderr, &stderr), "strace", "", append([]string{mode, "-o", file}, program...))
				traces[mode] = masked(t, file)
			}
			// Some programs ask which signals are ignored, and are started
			// with others by the Go runtime.
			if path, err := exec.LookPath("strace"); err == nil && !slices.Contains(asking, program[0]) {
				file := filepath.Join(dir, "strace")
				cmd := exec.Command(path, append([]string{"-o", file}, program...)...)
				cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
				cmd.Run()
				traces["strace"] = masked(t, file)
			}
			want := traces["--mode=stop"]
			for name, got := range traces {
				for i := range max(len(got), len(want)) {
					switch {
					case i >= len(got) || i >= len(want):
						t.Fatalf("%s has %d lines, stopping %d", name, len(got), len(want))
					case got[i] != want[i]:
						t.Fatalf("line %d:\n%s: %s\nstopping: %s", i+1, name, got[i], want[i])
					}
				}
			}
		})
	}
}

// TestObserveEveryCall: the default buffer has room for 160,000 events, so that
// none is lost, however little of the processor the reader gets.
func TestObserveEveryCall(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test, the fallback loses nothing: %v", err)
		return
	}
	const blocks = 40000
	file := filepath.Join(t.TempDir(), "trace")
	var stderr bytes.Buffer
	Run(context.Background(), to(&stderr, &stderr), "strace", "", []string{"--mode=observe", "-o", file, "-e", "trace=read,write",
		"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=40000", "status=none"})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reads, writes := bytes.Count(text, []byte("\nread(0, ")), bytes.Count(text, []byte("\nwrite(1, "))
	if reads != blocks || writes != blocks || stderr.Len() > 0 {
		t.Errorf("%d reads and %d writes, want %d; %s", reads, writes, blocks, stderr.Bytes())
	}
}
