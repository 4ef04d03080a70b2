package coredump_test

import (
	"io"
	"testing"

	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/testprogram"
)

// A process has a core although its first thread, in whose files there is nothing any
// more, has ended.
func TestWithoutLeader(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", testprogram.Leaderless, "-pthread"))
	p.Line(t)
	awaitState(t, p.Pid, 'Z')
	file, r := dumpTo(t, p.Pid, coredump.Options{})
	if r.Threads != 1 || len(programs(t, file)) < 5 {
		t.Errorf("the core: %+v, %d segments", r, len(programs(t, file)))
	}
	if _, err := coredump.Dump(t.Context(), hosttest.Open(t), p.Pid, io.Discard, coredump.Options{Snapshot: true}); err == nil {
		t.Error("who has made the snapshot?")
	}
}
