package waitloop

import "testing"

// A tracee that is expected comes first, whatever the order of the kernel's list, and
// one that has nothing to tell keeps nobody waiting.
func TestExpected(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		pids := []int{trace(t, l), trace(t, l), trace(t, l)}
		defer killAll(t, l, pids...)
		for round := range 30 {
			for _, pid := range pids {
				awaitStop(t, pid)
			}
			want := pids[round%len(pids)]
			l.turns = 0 // it is not everybody's turn, which would come first
			l.Expect(l.tid)
			l.Expect(want)
			tid, status, ok := wait(t, l)
			if !ok || tid != want {
				t.Fatalf("thread %d comes first, not %d", tid, want)
			}
			resume(t, tid, status)
		}
	})
}
