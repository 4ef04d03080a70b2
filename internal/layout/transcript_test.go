package layout

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commands are what transcripts may call by name.
var commands = []string{"./cmd/utrace", "./examples/deny"}

// TestTranscripts runs what documents show in blocks marked "console run", and
// compares the output. In what is shown, "…" stands for anything within a line,
// and a line with nothing else for any number of lines.
func TestTranscripts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the commands")
	}
	bin := t.TempDir()
	build := exec.Command("go", append([]string{"build", "-ldflags=-E=_utrace_start", "-o", bin}, commands...)...)
	build.Dir = root(t)
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	ran := 0
	for _, file := range documents(t) {
		list, _ := blocks(t, file)
		for _, b := range list {
			if b.info == "console run" {
				ran++
				t.Run(b.String(), func(t *testing.T) { replay(t, bin, b) })
			}
		}
	}
	if ran == 0 {
		t.Error("no document has a transcript")
	}
}

// replay runs the commands of one block. They have an owner of their own: the user's
// may be of another build.
func replay(t *testing.T, bin string, b *block) {
	for _, part := range strings.Split("\n"+b.text, "\n$ ")[1:] {
		command, shown, _ := strings.Cut(part, "\n")
		cmd := exec.Command("/bin/bash", "-c", command)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "UTRACE_SOCKET="+filepath.Join(bin, "run", "owner"), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "LC_ALL=C", "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s: %v", b, command, err)
		}
		if !pattern(shown).Match(trimLines(string(out))) {
			t.Errorf("%v: %s\nprints\n%s", b, command, out)
		}
	}
}

// pattern makes a regular expression of what a transcript shows.
func pattern(shown string) *regexp.Regexp {
	var expr strings.Builder
	expr.WriteString(`\A`)
	for line := range strings.Lines(strings.TrimSuffix(shown, "\n") + "\n") {
		switch line = strings.TrimSpace(line); line {
		case "":
		case "…":
			expr.WriteString(`(.*\n)*`)
		default:
			expr.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`)
		}
	}
	return regexp.MustCompile(expr.String() + `\z`)
}

// trimLines removes indentation, which is of no interest.
func trimLines(text string) []byte {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out.WriteString(line + "\n")
		}
	}
	return []byte(out.String())
}
