package unwind

import "bytes"

// trampoline is code that a signal handler returns to, which makes the system
// call that restores the registers: where a program has no call frame
// information for it. The registers are in memory, in a sigcontext.
type trampoline struct {
	code []byte
	// context is where the sigcontext is, from the stack pointer on; indirect:
	// where its address (that of the ucontext that it is part of) is.
	context, within uint64
	indirect        bool
	// registers are the places in the sigcontext, by DWARF number.
	registers []uint64
}

// struct sigcontext of x86-64 is r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx,
// rsp, rip; it is behind five words in the ucontext, which the stack pointer
// points at (asm/sigcontext.h, asm/ucontext.h).
var trampolines64 = []trampoline{{
	code:    []byte{0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05}, // mov $15,%rax; syscall
	context: 40,
	//                 rax      rdx     rcx     rbx     rsi    rdi    rbp     rsp     r8 to r15           rip
	registers: []uint64{13 * 8, 12 * 8, 14 * 8, 11 * 8, 9 * 8, 8 * 8, 10 * 8, 15 * 8, 0, 8, 16, 24, 32, 40, 48, 56, 16 * 8},
}}

// That of i386 is gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trap
// number, error code, eip.
var sigcontext32 = []uint64{11 * 4, 10 * 4, 9 * 4, 8 * 4, 7 * 4, 6 * 4, 5 * 4, 4 * 4, 14 * 4}

var trampolines32 = []trampoline{
	// pop %eax; mov $119,%eax; int $0x80: behind the signal's number.
	{code: []byte{0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80}, context: 4, registers: sigcontext32},
	// mov $173,%eax; int $0x80: the third argument leads to the ucontext.
	{code: []byte{0xb8, 0xad, 0, 0, 0, 0xcd, 0x80}, context: 8, indirect: true, within: 20, registers: sigcontext32},
}

// The stack pointer points at a siginfo, behind which is the ucontext. In that,
// struct sigcontext is aligned to 16 bytes, and has the fault's address, x0 to
// x30, sp and pc (asm/sigcontext.h).
var trampolinesARM64 = []trampoline{{
	code:      []byte{0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4}, // mov x8,#139; svc #0
	context:   128 + 176,
	registers: wordsFrom(8, 33),
}}

// A frame is on the stack, and above it the ucontext, whose registers are a
// struct pt_regs (arch/powerpc/kernel/signal_64.c): r0 to r31, nip, ...
var trampolinesPPC64 = []trampoline{{
	code:      []byte{0x80, 0, 0x21, 0x38, 0xac, 0, 0, 0x38, 0x02, 0, 0, 0x44}, // addi r1,r1,128; li r0,172; sc
	context:   128 + 232,
	registers: append(wordsFrom(0, 33), 36*8), // ... and the link register
}}

// wordsFrom are the places of n words.
func wordsFrom(at uint64, n int) (places []uint64) {
	for i := range n {
		places = append(places, at+8*uint64(i))
	}
	return places
}

// trampoline restores the registers that a signal has interrupted, if the
// program counter is at code that does that.
func (w *walk) trampoline(pc uint64) (next state, ok bool) {
	sp, ok := w.regs.get(w.arch.sp)
	if t := w.trampolineAt(pc); ok && t != nil {
		return w.restore(t, sp)
	}
	return next, false
}

// trampolineAt is the trampoline at an address, or nil.
func (w *walk) trampolineAt(pc uint64) *trampoline {
	for i := range w.arch.trampolines {
		t := &w.arch.trampolines[i]
		code := make([]byte, len(t.code))
		if w.text(pc, code) && bytes.Equal(code, t.code) {
			return t
		}
	}
	return nil
}

// restore reads a sigcontext.
func (w *walk) restore(t *trampoline, sp uint64) (next state, ok bool) {
	context := sp + t.context
	if t.indirect {
		if context, ok = w.read(context, w.arch.word); !ok {
			return next, false
		}
	}
	for n, at := range t.registers {
		v, ok := w.read(context+t.within+at, w.arch.word)
		if !ok {
			return next, false
		}
		next.set(n, v)
	}
	return next, true
}

// text reads code, from the file that it is mapped from if that is possible.
func (w *walk) text(pc uint64, code []byte) bool {
	if m := w.space.At(pc); m != nil && m.File.ReadAt(pc-m.Bias, code) == nil {
		return true
	}
	n, err := w.memory.ReadMemory(pc, code)
	return err == nil && n == len(code)
}
