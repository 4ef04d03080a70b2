package unwind

import (
	"sync"

	"github.com/utrace/utrace/symbol"
)

// DefaultFrames is how many frames a walk has at most if nothing else is said.
const DefaultFrames = 1024

// Method says how the caller of a frame was found.
type Method uint8

// The methods.
const (
	// Outermost: there is no caller.
	Outermost Method = iota
	// CallFrameInfo: by .eh_frame or .debug_frame.
	CallFrameInfo
	// GoTable: by the table of the Go runtime.
	GoTable
	// SignalFrame: by the registers that the kernel saved for a signal handler.
	SignalFrame
	// FramePointer: by the frame pointer, which may have another use.
	FramePointer
	// Lost: nothing that makes sense was found. The walk ends here, and the
	// thread has more frames.
	Lost
	// Truncated: the walk has reached its limit.
	Truncated
)

var methodNames = []string{"outermost", "call frame information", "Go table", "signal frame", "frame pointer", "lost", "truncated"}

// String names the method.
func (m Method) String() string { return methodNames[m] }

// Frame is one frame of a stack.
type Frame struct {
	// PC is where the thread is, or will be when it is back in this frame.
	PC uint64
	// SP is the stack pointer there.
	SP uint64
	// Exact: PC is the next instruction, as in the innermost frame and in one
	// that a signal has interrupted. Otherwise it is behind a call, which may
	// be the last instruction of its function: to find out where that is ask
	// about Lookup.
	Exact bool
	// Signal: the frame is the one that a signal handler returns to. The next
	// one was interrupted.
	Signal bool
	// Caller says how the next frame was found.
	Caller Method
}

// Lookup is the address that belongs to the instruction which the frame is in.
func (f Frame) Lookup() uint64 {
	if f.Exact || f.PC == 0 {
		return f.PC
	}
	return f.PC - 1
}

// Unwinder walks the stacks of threads of one process. It may be used from any
// goroutine.
type Unwinder struct {
	space  *symbol.Space
	mu     sync.Mutex
	tables map[*symbol.File][]*table
}

// New makes an Unwinder for a process with these modules.
func New(space *symbol.Space) *Unwinder {
	return &Unwinder{space: space, tables: make(map[*symbol.File][]*table)}
}

// tablesOf reads the tables of a file, once.
func (u *Unwinder) tablesOf(f *symbol.File) []*table {
	u.mu.Lock()
	defer u.mu.Unlock()
	list, ok := u.tables[f]
	if !ok {
		list = newTables(f)
		u.tables[f] = list
	}
	return list
}

// Unwind walks the stack of a thread, from the innermost frame outwards: limit
// frames at most, DefaultFrames if it is 0. There is always one frame, unless
// the architecture is unknown.
func (u *Unwinder) Unwind(s *Snapshot, limit int) []Frame {
	arch := architectures[s.ABI.Name()]
	if arch == nil {
		return nil
	}
	if limit <= 0 {
		limit = DefaultFrames
	}
	w := &walk{Unwinder: u, arch: arch, memory: s, regs: registersOf(s.ABI, s.Registers)}
	w.regs.set(arch.pc, s.PC())
	var frames []Frame
	exact := true
	for {
		pc, _ := w.regs.get(arch.pc)
		sp, _ := w.regs.get(arch.sp)
		f := Frame{PC: pc, SP: sp, Exact: exact}
		next, method := w.caller(&f)
		f.Signal = f.Signal || method == SignalFrame
		if len(frames)+1 == limit && method != Outermost && method != Lost {
			method = Truncated
		}
		f.Caller = method
		frames = append(frames, f)
		if method == Outermost || method == Lost || method == Truncated {
			return frames
		}
		exact = f.Signal
		w.regs = next
	}
}

// walk is one walk through a stack.
type walk struct {
	*Unwinder
	arch   *architecture
	memory Memory
	regs   state
	bias   uint64 // of the module that the frame is in
	// flat: the last frame has called, and has nothing on the stack.
	flat bool
}

// caller finds the registers of the next frame.
func (w *walk) caller(f *Frame) (next state, method Method) {
	next, method = w.find(f)
	if method == Outermost || method == Lost {
		return next, method
	}
	pc, ok := next.get(w.arch.pc)
	sp, _ := next.get(w.arch.sp)
	pc &= w.arch.code
	next.set(w.arch.pc, pc)
	switch {
	case !ok || pc == 0:
		return next, Outermost
	case f.Signal || method == SignalFrame: // a handler can have a stack of its own
	// A stack grows downwards, so each caller is further up. Only if calls push
	// nothing can a function have nothing on it: the innermost one, and one at a time
	// that calls (as powerpc's glibc does the vDSO, which makes a frame for both).
	case sp < f.SP || sp == f.SP && (w.arch.link == none || w.flat):
		return next, Lost
	}
	w.flat = sp == f.SP && !f.Exact
	return next, method
}

// find tries one method after the other.
func (w *walk) find(f *Frame) (next state, method Method) {
	if next, ok := w.trampoline(f.PC); ok {
		return next, SignalFrame
	}
	m := w.space.At(f.Lookup())
	if m != nil {
		w.bias = m.Bias
		if g, ok := m.File.GoFrame(f.Lookup() - m.Bias); ok && g.Root {
			return w.interrupted(f, g.Size)
		} else if ok && !g.Switches {
			if next, ok := w.goCaller(f, g.Size); ok {
				return next, GoTable
			}
		}
		for _, t := range w.tablesOf(m.File) {
			if d, ok := t.find(f.Lookup() - m.Bias); ok {
				if next, outermost, ok := w.apply(f, &d); ok && outermost {
					return next, Outermost
				} else if ok {
					f.Signal = d.signal
					return next, CallFrameInfo
				}
			}
		}
	}
	if next, ok := w.entered(f, m); ok {
		return next, FramePointer
	}
	if next, ok := w.leaf(f, m); ok {
		return next, FramePointer
	}
	if next, ok := w.linked(); ok {
		return next, FramePointer
	} else if w.chainEnds() {
		return next, Outermost
	}
	if m != nil {
		if g, ok := m.File.GoFrame(f.Lookup() - m.Bias); ok && g.Switches {
			return next, Outermost // of the stack that it has switched to
		}
	}
	return next, Lost
}

// interrupted is what is behind the outermost function of a stack in Go: nothing,
// unless it is the one that the kernel calls for a signal.
func (w *walk) interrupted(f *Frame, size uint64) (next state, method Method) {
	next, ok := w.goCaller(f, size)
	if pc, known := next.get(w.arch.pc); ok && known && w.trampolineAt(pc&w.arch.code) != nil {
		return next, GoTable
	}
	return next, Outermost
}

// goCaller is the caller of a Go function that has size bytes on the stack.
// Where calls leave the return address in a register, that is on top of them;
// without any bytes it is in the register still.
func (w *walk) goCaller(f *Frame, size uint64) (next state, ok bool) {
	if w.arch.link == none {
		return w.above(size)
	}
	sp, _ := w.regs.get(w.arch.sp)
	fp, fpKnown := w.regs.get(w.arch.fp)
	pc, ok := w.regs.get(w.arch.link)
	if size != 0 {
		pc, ok = w.read(sp, w.arch.word)
		if w.arch.goSaved != 0 {
			fp, fpKnown = w.read(sp+uint64(w.arch.goSaved), w.arch.word)
		}
	} else if !f.Exact {
		return next, false
	}
	if fpKnown {
		next.set(w.arch.fp, fp)
	}
	next.set(w.arch.pc, pc)
	next.set(w.arch.sp, sp+size)
	return next, ok
}

// above is the caller of a function that has size bytes on the stack, on top of
// which it has saved its caller's frame pointer.
func (w *walk) above(size uint64) (next state, ok bool) {
	sp, known := w.regs.get(w.arch.sp)
	at := w.cut(sp + size)
	pc, ok := w.read(at, w.arch.word)
	if !known || !ok {
		return next, false
	}
	if fp, ok := w.regs.get(w.arch.fp); ok && size == 0 {
		next.set(w.arch.fp, fp)
	} else if fp, ok := w.read(at-w.arch.word, w.arch.word); ok {
		next.set(w.arch.fp, fp)
	}
	next.set(w.arch.pc, pc)
	next.set(w.arch.sp, at+w.arch.word)
	return next, true
}

// entered is the caller of a function that has not made a frame, neither yet nor
// at all: nothing but the return address is on the stack, or above it the
// caller's frame pointer.
func (w *walk) entered(f *Frame, m *symbol.Module) (next state, ok bool) {
	if m == nil || !f.Exact || w.arch.link != none {
		return next, false
	}
	pushed, made, known := m.File.Frame(f.PC - m.Bias)
	if !known || made {
		return next, false
	}
	if pushed {
		next, ok = w.above(w.arch.word)
	} else {
		next, ok = w.above(0)
	}
	pc, _ := next.get(w.arch.pc)
	return next, ok && w.space.At(pc) != nil
}

// linked follows the chain of frames.
func (w *walk) linked() (next state, ok bool) {
	start := w.arch.fp
	if w.arch.chain == byStack {
		start = w.arch.sp
	}
	at, known := w.regs.get(start)
	if !known || at == 0 || at%w.arch.word != 0 {
		return next, false
	}
	before, ok1 := w.read(at, w.arch.word)
	link := w.cut(at + w.arch.word)
	if w.arch.chain == byStack {
		link = before + 2*w.arch.word
	}
	pc, ok2 := w.read(link, w.arch.word)
	// A return address is in code that was loaded from somewhere, or made by
	// the program itself, which then follows no convention that is known.
	if !ok1 || !ok2 || w.space.At(pc&w.arch.code) == nil {
		return next, false
	}
	next.set(start, before)
	next.set(w.arch.pc, pc)
	if w.arch.chain == byFrame {
		next.set(w.arch.sp, w.cut(at+2*w.arch.word))
	}
	return next, true
}

// chainEnds reports whether the stack pointer points at no other: the thread's
// first function has stored 0 there.
func (w *walk) chainEnds() bool {
	at, known := w.regs.get(w.arch.sp)
	before, ok := w.read(at, w.arch.word)
	return w.arch.chain == byStack && known && ok && before == 0
}

// leaf is the caller of the innermost function where the chain does not lead to
// it: up to where it is, it has not fetched the return address out of its register
// in order to save it. It may have made a frame.
func (w *walk) leaf(f *Frame, m *symbol.Module) (next state, ok bool) {
	const (
		mflr   = 0x7c0802a6 // mflr r0
		stdu   = 0xf8210001 // stdu r1,...(r1)
		fields = 0xffff0003
	)
	if w.arch.chain != byStack || !f.Exact || m == nil {
		return next, false
	}
	s, found := m.File.Lookup(f.PC - m.Bias)
	if !found || f.PC-m.Bias-s.Addr > 1<<12 {
		return next, false
	}
	code := make([]byte, f.PC-m.Bias-s.Addr)
	if m.File.ReadAt(s.Addr, code) != nil {
		return next, false
	}
	framed := false
	for ; len(code) >= 4; code = code[4:] {
		switch insn := number(code[:4]); {
		case insn == mflr:
			return next, false
		case insn&fields == stdu:
			framed = true
		}
	}
	sp, _ := w.regs.get(w.arch.sp)
	pc, ok := w.regs.get(w.arch.link)
	if framed && ok {
		sp, ok = w.read(sp, w.arch.word)
	}
	next.set(w.arch.pc, pc)
	next.set(w.arch.sp, sp)
	return next, ok && w.space.At(pc) != nil
}

// apply applies call frame information.
func (w *walk) apply(f *Frame, d *fde) (next state, outermost, ok bool) {
	r, ok := d.rowAt(f.Lookup()-w.bias, w.arch.word)
	if !ok {
		return next, false, false
	}
	var cfa uint64
	switch r.cfa.kind {
	case cfaRegister:
		cfa, ok = w.regs.get(int(min(uint64(r.cfa.n), maxRegisters)))
		cfa = w.cut(cfa + uint64(r.cfaOffset))
	case valExpr:
		cfa, ok = w.evaluate(r.cfa.expr)
	default:
		ok = false
	}
	if !ok {
		return next, false, false
	}
	next.set(w.arch.sp, cfa) // by definition, unless a rule says otherwise
	for n := range w.arch.registers {
		if v, ok := w.value(&r.rules[n], n, cfa); ok {
			next.set(n, v)
		} else if r.rules[n].kind != unspecified {
			next.forget(n)
		}
	}
	returns := d.returns
	if returns >= maxRegisters || r.rules[returns].kind == undefined {
		return next, true, true
	}
	pc, ok := next.get(returns)
	// Unsaved, the return address is in its register only if nothing was called.
	if r.rules[returns].kind == unspecified && (returns == w.arch.pc || !f.Exact) {
		return next, false, false // it would be the same frame again
	}
	next.set(w.arch.pc, pc)
	return next, false, ok
}

// value is a register of the caller.
func (w *walk) value(r *rule, n int, cfa uint64) (uint64, bool) {
	switch r.kind {
	case unspecified, same:
		if n == w.arch.sp && r.kind == unspecified {
			return cfa, true
		}
		return w.regs.get(n)
	case offset:
		return w.read(w.cut(cfa+uint64(r.n)), w.arch.word)
	case valOffset:
		return w.cut(cfa + uint64(r.n)), true
	case inRegister:
		return w.regs.get(int(min(uint64(r.n), maxRegisters)))
	case expression:
		if at, ok := w.evaluate(r.expr, cfa); ok {
			return w.read(at, w.arch.word)
		}
	case valExpr:
		return w.evaluate(r.expr, cfa)
	}
	return 0, false
}
