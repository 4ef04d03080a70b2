package strace

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tool"
)

// -Y prints names where ids of processes are printed, before lines too.
func TestDecodePIDs(t *testing.T) {
	me := os.Getpid()
	stat, err := procfs.ReadStat(me)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(describePIDs(PIDComm)([]byte("1"), 0, int32(me))); got != "1<"+stat.Name+">" {
		t.Error(got)
	}
	if got := string(describePIDs(PIDComm)([]byte("1"), 0, 1<<30)); got != "1" {
		t.Error(got)
	}
	for _, args := range []string{"-Y", "--decode-pids=comm", "-e decode-pids=comm"} {
		if o, err := ParseOptions(append(strings.Fields(args), "true")); err != nil || o.DecodePIDs != PIDComm {
			t.Errorf("%s: %v", args, err)
		}
	}
	if o, err := ParseOptions([]string{"--pidns-translation", "true"}); err != nil || o.DecodePIDs != PIDNamespace {
		t.Error(err)
	}
}

// TestPIDNamespace: an id of another PID namespace is printed with ours, which is
// the one at the beginning of the line.
func TestPIDNamespace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	Run(context.Background(), tool.Here(), "strace", "", []string{"--decode-pids=pidns", "-f", "-e", "trace=kill", "-o", file, "--mode=stop",
		"unshare", "--user", "--map-root-user", "--pid", "--fork", "sh", "-c", "kill -0 $$"})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^(\d+) +kill\(1 /\* (\d+) in strace's PID NS \*/, 0\)`)
	if m := want.FindStringSubmatch(string(text)); m == nil || m[1] != m[2] {
		t.Errorf("want a line like %q in\n%s", want, text)
	}
}
