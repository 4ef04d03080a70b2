package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const top = "../.."

// TestCurrent fails if the document is not what the tests and the table make.
func TestCurrent(t *testing.T) {
	want, err := Render(top)
	if err != nil {
		t.Error(err)
	}
	have, err := os.ReadFile(filepath.Join(top, File))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is out of date: run make conformance", File)
	}
}

func TestIDs(t *testing.T) {
	for name, want := range map[string]string{
		"AT1_EmptyMask":      "AT1",
		"CT6_CT7_InProgress": "CT6 CT7",
		"RS4 RS5: steps":     "RS4 RS5",
		"Strictest_RS1":      "",
		"AT1x":               "",
		"XX1":                "",
	} {
		if got := strings.Join(idsIn(name), " "); got != want {
			t.Errorf("%q claims %q; want %q", name, got, want)
		}
	}
}

// TestClaims reads a file with a test and subtests.
func TestClaims(t *testing.T) {
	dir := t.TempDir()
	source := `package x
import "testing"
func TestAT1_Name(t *testing.T) { t.Run("OR2/sub", nil) }
func helper() { _ = "DE1 not in a test" }
`
	if err := os.WriteFile(filepath.Join(dir, "linux_x_test.go"), []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	claims, err := Claims(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Claim{
		{"AT1", Kernel, "TestAT1_Name", "", "linux_x_test.go"},
		{"OR2", Kernel, "TestAT1_Name", "OR2/sub", "linux_x_test.go"},
	}
	if !slices.Equal(claims, want) {
		t.Errorf("claims: %+v", claims)
	}
}

func TestSections(t *testing.T) {
	sections, err := Sections()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, section := range sections {
		for _, s := range section.Scenarios {
			if seen[s.ID] || !ids.MatchString(s.ID) {
				t.Errorf("%s is there twice, or is no id", s.ID)
			}
			seen[s.ID] = true
		}
	}
	if len(seen) < 150 {
		t.Errorf("only %d scenarios", len(seen))
	}
}

// TestResults takes the output of go test apart.
func TestResults(t *testing.T) {
	var r Results
	r.Add("internal/x", []byte(`=== RUN   TestAT1_Name
    x_test.go:7: not here
--- SKIP: TestAT1_Name (0.00s)
=== RUN   TestContract/7/no_call_is_broken
--- PASS: TestContract (1.00s)
    --- PASS: TestContract/7/no_call_is_broken (0.10s)
`))
	for name, want := range map[string]Outcome{
		"internal/x/TestAT1_Name":                     {"skip", "not here"},
		"internal/x/TestContract/7/no_call_is_broken": {"pass", ""},
	} {
		if r.Tests[name] != want {
			t.Errorf("%s: %+v, want %+v", name, r.Tests[name], want)
		}
	}
	again, err := parseResults("kernel Linux 6\ninternal/x/TestAT1_Name skip not here\n")
	if err != nil || again.Kernel != "Linux 6" || again.Tests["internal/x/TestAT1_Name"] != (Outcome{"skip", "not here"}) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := parseResults("x perhaps\n"); err == nil {
		t.Error("a line that is no result was taken")
	}
}
