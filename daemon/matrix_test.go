package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// TestMatrix runs pairs and triples of tools on one live program, of 64 or of 32 bits:
// each sees what it would see alone, and goes on when another one leaves, by ^C or by
// SIGKILL. A few combinations are drawn each time; UTRACE_TEST_ALL runs them all.
func TestMatrix(t *testing.T) {
	random := rand.New(rand.NewPCG(seed(t), 0))
	all := append(combinations(tick, 64), combinations(tick32, 32)...)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if os.Getenv("UTRACE_TEST_ALL") == "" {
		all = all[:min(scale.Rounds(2), len(all))]
	}
	for _, c := range all {
		c.run(t, random)
	}
}

// combination is some tools on a program.
type combination struct {
	target string
	tools  []tool
}

// combinations are all pairs and triples of the tools that are for programs of a word
// size.
func combinations(target string, bits int) (all []combination) {
	if target == tick32 && runtime.GOARCH != "amd64" {
		return nil
	}
	tools := slices.DeleteFunc(allTools(), func(k tool) bool { return k.bits != 0 && k.bits != bits })
	for a := range tools {
		for b := a + 1; b < len(tools); b++ {
			all = append(all, combination{target, []tool{tools[a], tools[b]}})
			for c := b + 1; c < len(tools); c++ {
				all = append(all, combination{target, []tool{tools[a], tools[b], tools[c]}})
			}
		}
	}
	return all
}

// seed is what a random test begins with.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if text := os.Getenv("UTRACE_TEST_SEED"); text != "" {
		n, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("UTRACE_TEST_SEED=%d", n)
	return n
}

// run runs the tools together, and has them leave one after the other.
func (c *combination) run(t *testing.T, random *rand.Rand) {
	name := ""
	for _, k := range c.tools {
		name += ", " + k.name
	}
	if c.target == tick32 {
		name += ", 32-bit program"
	}
	t.Run(name[2:], func(t *testing.T) {
		p, dir := start(t, c.target), t.TempDir()
		var list []*running
		for i := range c.tools {
			list = append(list, c.tools[i].start(t, p, filepath.Join(dir, fmt.Sprint(i))))
		}
		for {
			for _, r := range list {
				r.works(t, name)
			}
			if len(list) == 1 {
				break
			}
			i := random.IntN(len(list))
			how := []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}[random.IntN(2)]
			if list[i].deaf {
				how = syscall.SIGKILL
			}
			t.Logf("%s leaves by %v", list[i].name, how)
			list[i].leave(how)
			list = slices.Delete(list, i, i+1)
		}
		if last := list[0]; last.sees == "" {
			last.catches(t, p)
			return
		}
		list[0].leave(syscall.SIGKILL)
		untraced(t, p)
	})
}

// catches checks that a tool that waits for a crash holds it.
func (r *running) catches(t *testing.T, p *process) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGSEGV)
	until(t, "the crash to be held", func() bool { return lines(r.log+".out", "is held") != 0 })
	r.leave(syscall.SIGKILL)
	if state := p.wait(); state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGSEGV {
		t.Errorf("the program ended with %v", state)
	}
}

// TestInterruptBesideAnother: ^C of a debugger reaches it, though another one has
// attached first and would take the signal. It comes at any moment, such as when both
// have sent the thread to a copy of an instruction.
func TestInterruptBesideAnother(t *testing.T) {
	p, dir := start(t, tick), t.TempDir()
	gdb := tool{name: "gdb", args: gdbLine("gdb", "break tick"), sees: "stop ", detaches: true}
	first := gdb.start(t, p, filepath.Join(dir, "first"))
	first.works(t, "nobody")
	for i := range scale.Rounds(2) {
		second := gdb.start(t, p, filepath.Join(dir, fmt.Sprint(i)))
		second.works(t, "another")
		second.leave(syscall.SIGINT)
		first.works(t, "one that has left")
	}
	first.leave(syscall.SIGINT)
	untraced(t, p)
}
