package probe

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// copied is how much of a stack is copied at a hit. What lies deeper is not
// walked.
const copied = 64 << 10

// Stack is a copy of the stack of a thread that has come to a place. Walking it
// takes much longer than copying it, so that is left to who wants the frames,
// when the thread runs again; but before the probe is closed, for it has the
// files. It does not change, and may be used from any goroutine.
type Stack struct {
	walker   *walker
	snapshot unwind.Snapshot
	limit    int
}

// Frames walks the stack.
func (s *Stack) Frames() []unwind.Frame { return s.walker.Unwind(&s.snapshot, s.limit) }

// Space is what the process had mapped.
func (s *Stack) Space() *symbol.Space { return s.walker.space }

// walker walks the stacks of a process.
type walker struct {
	*unwind.Unwinder
	space *symbol.Space
}

// walks notes what a process has mapped now, for stacks and for who writes.
func (w *watched) walks(pid int, space *symbol.Space) {
	if w.probe.options.Stack == 0 && len(w.probe.options.Watches) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.walkers[pid] = &walker{unwind.New(space), space}
}

// stack copies the stack of a thread that reports, if that is wanted; nil if it
// cannot be. On the loop.
func (w *watched) stack(r *utrace.Report) *Stack {
	if w.probe.options.Stack == 0 {
		return nil
	}
	w.mu.Lock()
	walker := w.walkers[r.Thread().Group()]
	w.mu.Unlock()
	var gpr [512]byte
	n, err := r.ReadRegset(regset.NotePRStatus, gpr[:])
	if walker == nil || err != nil {
		return nil
	}
	s := &Stack{walker: walker, limit: w.probe.options.Stack}
	s.snapshot.ABI = r.ABI()
	s.snapshot.Registers = append(s.snapshot.Registers, gpr[:n]...)
	s.snapshot.Base = s.snapshot.SP()
	s.snapshot.Stack = make([]byte, copied)
	// A stack may end before; what is not there the walk finds missing.
	n, _ = r.ReadMemory(s.snapshot.Base, s.snapshot.Stack)
	s.snapshot.Stack = s.snapshot.Stack[:n]
	return s
}
