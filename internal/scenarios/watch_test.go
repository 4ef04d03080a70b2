package scenarios_test

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/regset"
)

// symbol is where something is in the program that tests trace.
func symbol(t *testing.T, name string) uint64 {
	t.Helper()
	path, _ := actor.Command(t, "")
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if s.Name == name {
			return s.Value
		}
	}
	t.Fatalf("the program has no %q", name)
	return 0
}

// TestRG6_Watch counts with debug registers: how often a handler is executed, which
// is told before it is, and how often the number is written that it counts with,
// which is told behind that. Steps and signals go on as without.
func TestRG6_Watch(t *testing.T) {
	const usr1, rounds = 10, 5
	handled := symbol(t, "handled") + 4*usr1
	write := utrace.Watch{Kind: utrace.WatchWrite, Addr: handled, Len: 4}
	execute := utrace.Watch{Kind: utrace.WatchExecute, Addr: symbol(t, "handler"), Len: 1}
	r := newRig(t)
	p := r.start(fmt.Sprintf("handle USR1; barrier y; repeat %d { kill USR1 }; handled USR1; exit 3", rounds))
	engine := func(name string, w utrace.Watch) *utrace.Engine {
		return r.attach(p.PID, utrace.EventTrap, &utrace.Funcs{Trap: func(x *utrace.Report, trap *utrace.Trap) utrace.Action {
			var value [4]byte
			if _, err := x.ReadMemory(handled, value[:]); err != nil {
				t.Error(err)
			}
			if !trap.Own || !trap.Matched(w) || trap.Kind != utrace.TrapHardware {
				t.Errorf("%s: trap %v, own %v, matched %v", name, trap.Kind, trap.Own, trap.Matched(w))
			}
			r.log.Printf("%s %d", name, binary.NativeEndian.Uint32(value[:]))
			return utrace.Resume
		}})
	}
	writes, executions := engine("written", write), engine("executed", execute)
	p.Release()
	p.Expect("@y\n")
	r.stop(writes)
	machine, ok := regset.NativeABI().(regset.Watcher)
	if !ok {
		if err := writes.PlantWatch(r.ctx, write); !errors.Is(err, utrace.ErrNotSupported) {
			t.Errorf("a watch on a machine without debug registers: %v", err)
		}
		return
	}
	_, none := machine.SplitWatch(execute) // ppc64le has them for data only
	for e, w := range map[*utrace.Engine]utrace.Watch{writes: write, executions: execute} {
		want := error(nil)
		if w == execute && none != nil {
			want = regset.ErrNoWatch
		}
		if err := e.PlantWatch(r.ctx, w); !errors.Is(err, want) {
			t.Fatalf("watch for %v: %v, want %v", w, err, want)
		}
	}
	r.control(writes, utrace.Resume)
	p.Release()
	if status := p.Wait(); status.ExitStatus() != 3 || p.Output() != "@x\n@y\n"+fmt.Sprintf("USR1: %d\n", rounds) {
		t.Errorf("status %v, output %q", status, p.Output())
	}
	var want []string
	for i := range rounds {
		if none == nil {
			want = append(want, fmt.Sprint("executed ", i))
		}
		want = append(want, fmt.Sprint("written ", i+1))
	}
	if got := r.log.Lines(); !slices.Equal(got, want) {
		t.Errorf("traps %q, want %q", got, want)
	}
}
