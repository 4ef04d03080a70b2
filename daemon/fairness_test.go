package daemon_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// TestFairness: a program that floods the owner with calls takes no more than its
// turn from another one: the listeners are asked in turn, however many threads
// wait behind one.
func TestFairness(t *testing.T) {
	program := filepath.Join(t.TempDir(), "flood")
	build(exec.Command("gcc", "-O1", "-o", program, "testdata/flood.c", "-pthread"))
	var counts [2]int
	var both sync.WaitGroup
	for i, threads := range []string{"32", "1"} {
		p := start(t, utrace, "run", program, threads, "500")
		both.Go(func() {
			p.wait()
			fmt.Sscan(p.out.String(), &counts[i])
		})
	}
	both.Wait()
	if counts[1] == 0 || counts[1] < counts[0]/16 {
		t.Errorf("32 threads were answered %d calls, and one of another program meanwhile %d", counts[0], counts[1])
	}
}
