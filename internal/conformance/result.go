package conformance

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Machines are the columns of the document: architectures whose tests have been
// run, on a real kernel of each. Results come from whoever runs the tests:
// vmtest -results for guests, and the command record here for the machine itself.
var Machines = []string{"amd64", "386", "arm64", "ppc64le", "riscv64", "s390x"}

//go:embed all:results
var recorded embed.FS

// Outcome is how a test ended.
type Outcome struct {
	// Verdict is pass, skip or fail.
	Verdict string
	// Reason is the last that a test has said which did not pass.
	Reason string
}

// Results are how the tests that claim scenarios ended on one machine. A test is
// named by its directory and itself, internal/scenarios/TestAT1_Name.
type Results struct {
	// Kernel is the version of the kernel that they ran on.
	Kernel string
	Tests  map[string]Outcome

	ran []string // the directories that Add was called for
}

// Recorded returns the results that are in the tree for a machine; none if it has
// none.
func Recorded(machine string) (Results, error) {
	text, err := fs.ReadFile(recorded, path.Join("results", machine+".txt"))
	if err != nil {
		return Results{}, nil
	}
	return parseResults(string(text))
}

func parseResults(text string) (Results, error) {
	r := Results{Tests: map[string]Outcome{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if kernel, ok := strings.CutPrefix(line, "kernel "); ok {
			r.Kernel = kernel
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		verdict, reason, _ := strings.Cut(rest, " ")
		if !slices.Contains([]string{"pass", "skip", "fail"}, verdict) {
			return Results{}, fmt.Errorf("results: %q is no result", line)
		}
		r.Tests[name] = Outcome{verdict, reason}
	}
	return r, nil
}

var (
	ended  = regexp.MustCompile(`^ *--- (PASS|SKIP|FAIL): (\S+) \(`)
	logged = regexp.MustCompile(`^ {4,}[a-z0-9_]+\.go:\d+: (.+)$`)
)

// Dir is the directory of a package of ours.
func Dir(importPath string) string {
	const module = "github.com/utrace/utrace"
	return path.Join(".", strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"))
}

// Add notes what the verbose output of a directory's tests says.
func (r *Results) Add(dir string, output []byte) {
	if r.Tests == nil {
		r.Tests = map[string]Outcome{}
	}
	r.ran = append(r.ran, dir)
	said := ""
	for line := range bytes.Lines(output) {
		if m := logged.FindSubmatch(bytes.TrimRight(line, "\n")); m != nil {
			said = string(m[1])
		}
		if bytes.HasPrefix(line, []byte("=== RUN")) {
			said = ""
		}
		if m := ended.FindSubmatch(line); m != nil {
			o := Outcome{Verdict: strings.ToLower(string(m[1]))}
			if o.Verdict != "pass" {
				o.Reason = said
			}
			r.Tests[path.Join(dir, string(m[2]))] = o
		}
	}
}

// Write writes the results of the tests that claim a scenario into the tree whose
// top is given, beside what is there of other directories.
func (r *Results) Write(top, machine string) error {
	claims, err := Claims(top)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, c := range claims {
		wanted[c.key()] = true
	}
	file := filepath.Join(top, ownDir, "results", machine+".txt")
	all := Results{Kernel: r.Kernel, Tests: map[string]Outcome{}}
	if text, err := os.ReadFile(file); err == nil {
		if all, err = parseResults(string(text)); err != nil {
			return err
		}
		all.Kernel = r.Kernel
	}
	maps.DeleteFunc(all.Tests, func(name string, _ Outcome) bool {
		at := strings.Index("/"+name, "/Test")
		return slices.Contains(r.ran, path.Join(".", name[:max(at-1, 0)]))
	})
	for name, o := range r.Tests {
		all.Tests[name] = o
	}
	var lines []string
	for name, o := range all.Tests {
		if wanted[name] || strings.HasPrefix(name, clauseTest+"/") && strings.Count(name, "/") == 4 {
			lines = append(lines, strings.TrimRight(name+" "+o.Verdict+" "+o.Reason, " ")+"\n")
		}
	}
	slices.Sort(lines)
	text := "# How the tests that show scenarios have ended. Written when they are run: see\n# internal/conformance/result.go.\nkernel " +
		all.Kernel + "\n" + strings.Join(lines, "")
	return os.WriteFile(file, []byte(text), 0o666)
}

// clauseTest checks the clauses on the real kernel, each as a subtest.
const clauseTest = "tracehook/linux/TestContract"

// key is the name of the claim's test in results.
func (c Claim) key() string { return path.Join(path.Dir(c.File), c.Test) }

// on says how a scenario's tests have ended: the worst of what has been run.
func (s *Scenario) on(r Results, claims []Claim) (o Outcome, run bool) {
	rank := []string{"", "skip", "pass", "fail"} // a test that was skipped does not matter beside one that passed
	worst := func(name string) {
		if x, ok := r.Tests[name]; ok && slices.Index(rank, x.Verdict) > slices.Index(rank, o.Verdict) {
			o, run = x, true
		}
	}
	for _, c := range claims {
		if c.ID == s.ID {
			worst(c.key())
		}
	}
	for _, clause := range s.Clauses {
		worst(path.Join(clauseTest, strings.ReplaceAll(clause, " ", "_")))
	}
	return o, run
}
