package strace

import (
	"os"
	"strings"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
)

// -Y prints names where ids of processes are printed, before lines too.
func TestDecodePIDs(t *testing.T) {
	me := os.Getpid()
	stat, err := procfs.ReadStat(me)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(describePID([]byte("1"), 0, int32(me))); got != "1<"+stat.Name+">" {
		t.Error(got)
	}
	if got := string(describePID([]byte("1"), 0, 1<<30)); got != "1" {
		t.Error(got)
	}
	for _, args := range []string{"-Y", "--decode-pids=comm", "-e decode-pids=comm"} {
		if o, err := ParseOptions(append(strings.Fields(args), "true")); err != nil || !o.DecodePIDs {
			t.Errorf("%s: %v", args, err)
		}
	}
	if _, err := ParseOptions([]string{"--decode-pids=pidns", "true"}); err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Error(err)
	}
}
