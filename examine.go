package utrace

import (
	"context"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Examination is a bracket around a look at a thread that an engine holds:
// what was read between Examine and a Close that returns nil belongs to one
// moment. It is a regset.Transport. It may be used from any goroutine, by one
// at a time.
type Examination struct {
	engine     *Engine
	ctx        context.Context
	generation uint64
}

// Examine begins to look at the thread. ErrInvalid: this engine does not hold
// it. ErrAgain: it is not stopped yet. ErrGone: it is dead.
func (e *Engine) Examine(ctx context.Context) (*Examination, error) {
	x := &Examination{engine: e, ctx: ctx}
	err := e.thread.core.Do(ctx, func() error {
		x.generation = e.thread.generation
		return e.examinable()
	})
	if err != nil {
		return nil, e.errorf("examine", err)
	}
	return x, nil
}

// examinable reports why the thread cannot be looked at. On the loop.
func (e *Engine) examinable() error {
	t := e.thread
	switch {
	case e.gone.Load() || t.ended():
		return ErrGone
	case t.state != stopped && (e.held || e.asked == Stop):
		return ErrAgain
	case !e.held:
		return ErrInvalid
	}
	return nil
}

// do runs f on the loop if the thread is still where it was.
func (x *Examination) do(f func(t *Thread) error) error {
	t := x.engine.thread
	return t.core.Do(x.ctx, func() error {
		if err := x.engine.examinable(); err != nil {
			return x.engine.errorf("examine", err)
		}
		if t.generation != x.generation {
			return x.engine.errorf("examine", ErrAgain)
		}
		return f(t)
	})
}

// Close ends the bracket. nil: all that was read is valid. ErrAgain: the thread
// ran or was killed; discard it. ErrInvalid: the engine let go of the thread.
func (x *Examination) Close() error {
	return x.do(func(t *Thread) error {
		// Only the kernel knows whether it was killed a moment ago.
		_, err := t.task.SignalMask()
		if isGone(err) {
			return x.engine.errorf("examine", ErrAgain)
		}
		return nil
	})
}

// Syscall returns number and arguments of the system call that the thread is
// stopped in, as the engine's layer sees it; ok is false anywhere else.
func (x *Examination) Syscall() (nr uint64, args [6]uint64, ok bool, err error) {
	err = x.do(func(t *Thread) error {
		if ok = t.at == tracehook.SyscallEntry || t.at == tracehook.SyscallExit; ok {
			nr, args = t.call.view(x.engine)
		}
		return nil
	})
	return nr, args, ok, err
}

// ReadMemory reads the thread's memory; see Report.ReadMemory.
func (x *Examination) ReadMemory(addr uint64, p []byte) (n int, err error) {
	err = x.do(func(t *Thread) error {
		n, err = t.readMemory(addr, p)
		return err
	})
	return n, err
}

// WriteMemory writes the thread's memory; see Report.WriteMemory.
func (x *Examination) WriteMemory(addr uint64, p []byte) (n int, err error) {
	err = x.do(func(t *Thread) error {
		n, err = t.writeMemory(addr, p)
		return err
	})
	return n, err
}

// ABI tells how the thread's registers are to be read.
func (x *Examination) ABI() (abi regset.ABI, err error) {
	err = x.do(func(t *Thread) error {
		abi = t.task.ABI()
		return nil
	})
	return abi, err
}

// ReadRegset implements regset.Transport.
func (x *Examination) ReadRegset(note regset.Note, p []byte) (n int, err error) {
	err = x.do(func(t *Thread) error {
		n, err = registers{t, x.engine}.ReadRegset(note, p)
		return err
	})
	return n, err
}

// WriteRegset implements regset.Transport.
func (x *Examination) WriteRegset(note regset.Note, p []byte) error {
	return x.do(func(t *Thread) error { return registers{t, x.engine}.WriteRegset(note, p) })
}

// PeekUser implements regset.Transport.
func (x *Examination) PeekUser(off uintptr) (v uint64, err error) {
	err = x.do(func(t *Thread) error {
		v, err = t.task.PeekUser(off)
		return err
	})
	return v, err
}

// PokeUser implements regset.Transport.
func (x *Examination) PokeUser(off uintptr, v uint64) error {
	return x.do(func(t *Thread) error { return t.pokeUser(off, v) })
}

// registers gives access to a thread's registers as an engine's layer sees
// them: in a system call that engines behind it have changed, the registers of
// the call are shown as they were before.
type registers struct {
	thread *Thread
	engine *Engine
}

var _ regset.Transport = registers{}

func (r registers) ReadRegset(note regset.Note, p []byte) (int, error) {
	t := r.thread
	n, err := t.task.ReadRegset(note, p)
	if err != nil || note != notePRStatus || !t.call.changed && len(t.call.edits) == 0 {
		return n, err
	}
	abi := t.task.ABI()
	if n != abi.GeneralSize() || t.at != tracehook.SyscallEntry && t.at != tracehook.SyscallExit {
		return n, nil
	}
	nr, args := t.call.view(r.engine)
	abi.SetSyscallNumber(p, nr)
	if t.at == tracehook.SyscallEntry { // later the result is in one of them
		for i, v := range args {
			abi.SetArg(p, i, v)
		}
	}
	return n, nil
}

func (r registers) WriteRegset(note regset.Note, p []byte) error {
	t := r.thread
	if err := t.writeRegset(note, p); err != nil {
		return err
	}
	if note == notePRStatus && t.at == tracehook.SyscallEntry {
		t.call.takeRegisters(r.engine, t.task.ABI(), p)
	}
	return nil
}

func (r registers) PeekUser(off uintptr) (uint64, error) { return r.thread.task.PeekUser(off) }
func (r registers) PokeUser(off uintptr, v uint64) error { return r.thread.pokeUser(off, v) }

// takeRegisters notes that an engine changed the call through the registers.
func (s *Syscall) takeRegisters(e *Engine, abi regset.ABI, gpr []byte) {
	if len(gpr) < abi.GeneralSize() {
		return
	}
	by := s.by
	s.by = e
	s.remember()
	s.info.Nr = abi.SyscallNumber(gpr)
	_, fixed := abi.(regset.FirstArgFixed)
	for i := range s.info.Args {
		if i != 0 || !fixed { // else the result has its register already
			s.info.Args[i] = abi.Arg(gpr, i)
		}
	}
	s.by = by
}
