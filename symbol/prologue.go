package symbol

import (
	"bytes"
	"debug/elf"
)

// Body is where a function begins its work, after it has made its frame: where
// gdb puts a breakpoint on the function. The rule is gdb's for x86
// (amd64_skip_prologue and skip_prologue_sal):
//
//   - what LLVM compiled: the second row of the line table in the function;
//   - else behind "push %rbp; mov %rsp,%rbp" if it begins so; and if that is in
//     the middle of a line, at the next one of the function.
//
// Unlike gdb it does not look whether the debugging information could find
// variables before the frame is made, for which gdb stays at the first
// instruction of optimized functions; they seldom have a frame to be skipped.
//
// On other architectures it is the second row of the line table; without one it
// is the first instruction.
func (f *File) Body(function Symbol) uint64 {
	u, i := f.row(function.Addr)
	end := function.Addr + function.Size
	if f.elf.Machine != elf.EM_X86_64 && f.elf.Machine != elf.EM_386 {
		at := function.Addr + f.localEntry(function)
		if i >= 0 {
			if next := u.after(i, at); next < end {
				return next
			}
		}
		return at
	}
	if i >= 0 && u.clang {
		if next := u.after(i, function.Addr); next < end {
			return next
		}
	}
	at := function.Addr + uint64(f.frameSetup(function))
	if at == function.Addr {
		return at
	}
	u, i = f.row(at)
	if i >= 0 && u.rows[i].addr != at {
		if next := u.after(i, at); next < end {
			return next
		}
	}
	return at
}

// localEntry is how far from its beginning a function of ppc64le is entered from
// its own module: behind the two instructions that set up r2 (Power Architecture
// 64-Bit ELF V2 ABI, "The st_other field").
func (f *File) localEntry(function Symbol) uint64 {
	var code [8]byte
	if f.elf.Machine != elf.EM_PPC64 || f.ReadAt(function.Addr, code[:]) != nil {
		return 0
	}
	const addisR12, lis, addi = 0x3c4c, 0x3c40, 0x3842
	first, second := f.elf.ByteOrder.Uint32(code[:])>>16, f.elf.ByteOrder.Uint32(code[4:])>>16
	if (first == addisR12 || first == lis) && second == addi {
		return uint64(len(code))
	}
	return 0
}

// after is the address of the first row behind an address.
func (u *unit) after(i int, addr uint64) uint64 {
	for ; i < len(u.rows); i++ {
		if r := u.rows[i]; r.addr > addr && (r.file < 0 || r.line != 0) {
			return r.addr
		}
	}
	return ^uint64(0)
}

// What can come before a frame is made: the mark of a branch target, and the
// alignment of the stack in main (lea 4(%esp),%ecx; and $-16,%esp;
// push -4(%ecx), and the same with r10).
var beforeFrame = [][]byte{
	{0xf3, 0x0f, 0x1e, 0xfa},
	{0xf3, 0x0f, 0x1e, 0xfb},
	{0x8d, 0x4c, 0x24, 0x04, 0x83, 0xe4, 0xf0, 0xff, 0x71, 0xfc},
	{0x4c, 0x8d, 0x54, 0x24, 0x08, 0x48, 0x83, 0xe4, 0xf0, 0x41, 0xff, 0x72, 0xf8},
}

// How a frame is made: push %rbp; mov %rsp,%rbp, in both encodings of the move.
var (
	push = []byte{0x55}
	move = [][]byte{{0x48, 0x89, 0xe5}, {0x48, 0x8b, 0xec}, {0x89, 0xe5}, {0x8b, 0xec}}
)

// frameSetup is the length of the instructions that make a frame, at the
// beginning of a function. 0: it does not begin by making one.
func (f *File) frameSetup(function Symbol) int {
	_, made := f.frame(function)
	return made
}

// frame finds the instructions that make a frame: where the frame pointer has
// been pushed, and where it is set; 0 if that is not done.
func (f *File) frame(function Symbol) (pushed, made int) {
	if f.elf.Machine != elf.EM_X86_64 && f.elf.Machine != elf.EM_386 {
		return 0, 0
	}
	code := make([]byte, min(function.Size, 32))
	if f.ReadAt(function.Addr, code) != nil {
		return 0, 0
	}
	rest := code
	for _, insn := range beforeFrame {
		rest = bytes.TrimPrefix(rest, insn)
	}
	if !bytes.HasPrefix(rest, push) {
		return 0, 0
	}
	rest = rest[len(push):]
	pushed = len(code) - len(rest)
	for _, insn := range move {
		if bytes.HasPrefix(rest, insn) {
			return pushed, pushed + len(insn)
		}
	}
	return pushed, pushed
}

// Frame tells how far the function at an address has come with making a frame
// when it is there: nothing has been pushed, the frame pointer has been, or the
// frame is made. It knows the usual beginning of functions only; known is false
// where there is no function.
func (f *File) Frame(addr uint64) (pushed, made, known bool) {
	s, ok := f.Lookup(addr)
	if !ok {
		return false, false, false
	}
	n, m := f.frame(s)
	at := addr - s.Addr
	return n != 0 && at >= uint64(n), m > n && at >= uint64(m), true
}
