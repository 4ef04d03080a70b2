package scenarios_test

import (
	"debug/elf"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// threadsOf lists the threads of a process but its leader, in order.
func threadsOf(pid int) []int {
	all, _ := procfs.Threads(pid)
	others := slices.DeleteFunc(all, func(tid int) bool { return tid == pid })
	slices.Sort(others)
	return others
}

// examined is a thread whose registers can be read: a Report is turned into
// one by of, an Examination is one.
type examined struct {
	abi regset.ABI
	regset.Transport
}

func of(r *utrace.Report) examined { return examined{r.ABI(), r.Registers()} }

// examine looks at the thread that the engine holds.
func (r *rig) examine(e *utrace.Engine) (examined, *utrace.Examination) {
	r.Helper()
	x, err := e.Examine(r.ctx)
	if err != nil {
		r.Fatal(err)
	}
	abi, err := x.ABI()
	if err != nil {
		r.Fatal(err)
	}
	return examined{abi, x}, x
}

// general reads the general registers.
func (x examined) general(t testing.TB) []byte {
	t.Helper()
	gpr := make([]byte, x.abi.GeneralSize())
	if _, err := x.ReadRegset(regset.NotePRStatus, gpr); err != nil {
		t.Errorf("read the general registers: %v", err)
	}
	return gpr
}

func (x examined) pc(t testing.TB) uint64 { t.Helper(); return x.abi.PC(x.general(t)) }

// get reads a register by its name.
func (x examined) get(t testing.TB, name string) uint64 {
	t.Helper()
	v, err := x.abi.View().ReadUint(x, name)
	if err != nil {
		t.Errorf("read %s: %v", name, err)
	}
	return v
}

// runTime is the processor time that the thread has used, in nanoseconds.
func runTime(t testing.TB, tid int) uint64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/schedstat", tid, tid))
	if err != nil {
		t.Fatal(err)
	}
	var ns uint64
	fmt.Sscan(string(text), &ns)
	return ns
}

// coreThreads counts the threads in a core file, by their notes.
func coreThreads(t testing.TB, path string) (n int) {
	t.Helper()
	core, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	for _, prog := range core.Progs {
		if prog.Type != elf.PT_NOTE {
			continue
		}
		notes := make([]byte, prog.Filesz)
		if _, err := prog.ReadAt(notes, 0); err != nil {
			t.Fatal(err)
		}
		word := func(i int) int { return int(core.ByteOrder.Uint32(notes[i:])) }
		round := func(n int) int { return (n + 3) &^ 3 }
		for len(notes) >= 12 {
			if word(8) == int(regset.NotePRStatus) {
				n++
			}
			notes = notes[12+round(word(0))+round(word(4)):]
		}
	}
	return n
}

// voluntary is how often the thread has given the processor up by itself, as it
// does for each stop.
func voluntary(t testing.TB, tid int) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
	fmt.Sscan(rest, &n)
	return n
}

// childrenOf lists the children that the process has made.
func childrenOf(pid int) []int {
	list, _ := procfs.Children(pid)
	return list
}

func sessionOf(pid int) int {
	s, _ := procfs.ReadStat(pid)
	return s.Session
}
