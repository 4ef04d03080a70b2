package stack_test

import (
	"testing"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
)

// The threads of a process have stacks although its first one has ended, which has none.
func TestWithoutLeader(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", testprogram.Leaderless, "-pthread"))
	p.Line(t)
	for procfs.Living(p.Pid) == p.Pid { // join returns when it is about to end
	}
	s := stacks(t, p.Pid)
	if len(s.Threads) != 1 || s.Threads[0].ID == p.Pid {
		t.Fatalf("threads: %+v", s.Threads)
	}
	if names := functions(s, &s.Threads[0]); !contains(names, "second") {
		t.Errorf("stack: %q", names)
	}
}
