package utrace_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook/sim"
)

// statements whose effects do not depend on when they happen.
var steady = []string{
	"getppid*2", `print "x"`, "sleep 1", "spin 4", "handle USR1 print; kill USR1; handled USR1",
	"ignore USR2; kill USR2", "handle SEGV; segv", "kill CHLD", "block USR1; kill USR1; unblock USR1; handled USR1",
	"fork { kill TERM }; wait print", "fork { segv }; wait print", "fork { exit 9 }; wait print",
	"vfork { exec { getppid; exit 4 } }; wait print", "thread { getpid; spin 3 }; join", "clone3 { exit 1 }; wait print",
	"fork { thread { await pause }; exec { exit 6 } }; wait print", "fork { thread { spin 5; exec { exit 7 } }; join }; wait print",
	"fork { sleep 5; killparent CONT }; stop; wait print", "sigqueue RTMIN 7; exit 5", "handle TRAP; int3; handled TRAP",
}

// A program that is only watched writes what it writes alone, and its parents
// see what they see.
func TestObserversChangeNothing(t *testing.T) {
	for seed := range uint64(scale.Rounds(500)) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var parts []string
		for range 1 + rng.IntN(6) {
			parts = append(parts, steady[rng.IntN(len(steady))])
		}
		script := "handle RTMIN; handle USR1; " + strings.Join(parts, "; ")
		alone, exits := play(t, seed, script, 0)
		watched, watchedExits := play(t, seed, script, 4)
		if alone != watched || !maps.Equal(exits, watchedExits) {
			t.Fatalf("seed %d: %s\nalone:   %q, statuses %v\nwatched: %q, statuses %v",
				seed, script, alone, exits, watched, watchedExits)
		}
	}
}

// play runs a script to its end and returns its output, and how many processes
// ended with which status.
func play(t *testing.T, seed uint64, script string, engines int) (string, map[int]int) {
	t.Helper()
	w := sim.New(seed)
	pid, err := w.Spawn(script)
	if err != nil {
		t.Fatal(err)
	}
	core, err := utrace.New(w, utrace.Options{OnFault: func(id int, err error) { t.Errorf("seed %d: %d: %v", seed, id, err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	for range engines {
		_, err := core.AttachGroup(context.Background(), pid, utrace.Tree,
			func(*utrace.Thread) any { return &utrace.Funcs{} }, utrace.WithEvents(everyEvent))
		if err != nil {
			t.Fatal(err)
		}
	}
	w.RunUntilIdle()
	if left := w.All(); len(left) != 0 {
		state := ""
		for _, id := range left {
			state += fmt.Sprintf(" %d:%c", id, w.State(id))
		}
		t.Fatalf("seed %d: %s\nwith %d engines it does not end:%s", seed, script, engines, state)
	}
	statuses := map[int]int{}
	for _, status := range w.Ledger().Exits {
		statuses[status]++
	}
	return w.Output(pid), statuses
}
