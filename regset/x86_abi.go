package regset

import "encoding/binary"

// AUDIT_ARCH_* of the system calls of x86.
const (
	AuditX86_64 = 0xc000003e
	AuditI386   = 0x40000003
)

// X32Bit marks the numbers of x32's system calls, which are otherwise those of
// x86_64 and come with the same AUDIT_ARCH.
const X32Bit = 0x40000000

// x86ABI is one of the ways to make system calls on x86. slots are 4 or 8
// bytes wide; of the latter a 32-bit call uses the lower half.
type x86ABI struct {
	name  string
	audit uint32
	slot  int // bytes of a word in the general set
	word  int // bytes of a pointer
	slots int
	view  *View

	pc, sp, flags, number, result int
	args                          [6]int
}

// The three ABIs. int80 is a 64-bit thread that makes a 32-bit call with int
// $0x80: its registers are those of x86_64, the call is i386's.
var (
	x86_64ABI = &x86ABI{name: "x86_64", audit: AuditX86_64, slot: 8, word: 8, slots: x86_64N, view: x86_64View,
		pc: wRIP, sp: wRSP, flags: wFlags, number: wOrigRAX, result: wRAX,
		args: [6]int{14, 13, 12, 7, 9, 8}} // rdi rsi rdx r10 r8 r9
	i386ABI = &x86ABI{name: "i386", audit: AuditI386, slot: 4, word: 4, slots: i386N, view: i386View,
		pc: 12, sp: 15, flags: 14, number: wOrigEAX, result: 6,
		args: [6]int{0, 1, 2, 3, 4, 5}} // ebx ecx edx esi edi ebp
	int80ABI = &x86ABI{name: "i386 call of x86_64", audit: AuditI386, slot: 8, word: 4, slots: x86_64N, view: x86_64View,
		pc: wRIP, sp: wRSP, flags: wFlags, number: wOrigRAX, result: wRAX,
		args: [6]int{5, 11, 12, 13, 14, 4}} // rbx rcx rdx rsi rdi rbp
)

func (a *x86ABI) Name() string      { return a.name }
func (a *x86ABI) AuditArch() uint32 { return a.audit }
func (a *x86ABI) WordSize() int     { return a.word }
func (a *x86ABI) GeneralSize() int  { return a.slots * a.slot }
func (a *x86ABI) View() *View       { return a.view }

// get and set access a word of the general set. One that is too short is of
// another ABI: a thread changes it with its code segment, at any moment.
func (a *x86ABI) get(gpr []byte, i int) uint64 {
	if len(gpr) < a.GeneralSize() {
		return 0
	}
	if a.slot == 4 {
		return uint64(binary.LittleEndian.Uint32(gpr[4*i:]))
	}
	return binary.LittleEndian.Uint64(gpr[8*i:])
}

func (a *x86ABI) set(gpr []byte, i int, v uint64) {
	if len(gpr) < a.GeneralSize() {
		return
	}
	if a.slot == 4 {
		binary.LittleEndian.PutUint32(gpr[4*i:], uint32(v))
		return
	}
	binary.LittleEndian.PutUint64(gpr[8*i:], v)
}

// cut is what a call of this ABI sees of a word.
func (a *x86ABI) cut(v uint64) uint64 {
	if a.word == 4 {
		return uint64(uint32(v))
	}
	return v
}

func (a *x86ABI) PC(gpr []byte) uint64       { return a.get(gpr, a.pc) }
func (a *x86ABI) SetPC(gpr []byte, v uint64) { a.set(gpr, a.pc, v) }
func (a *x86ABI) SP(gpr []byte) uint64       { return a.get(gpr, a.sp) }
func (a *x86ABI) SetSP(gpr []byte, v uint64) { a.set(gpr, a.sp, v) }

func (a *x86ABI) SyscallNumber(gpr []byte) uint64 { return a.cut(a.get(gpr, a.number)) }

// SetSyscallNumber extends the sign, for only a number of -1 in all bits of the
// register means that there is no call.
func (a *x86ABI) SetSyscallNumber(gpr []byte, nr uint64) {
	if a.word == 4 {
		nr = uint64(int64(int32(nr)))
	}
	a.set(gpr, a.number, nr)
}

func (a *x86ABI) Arg(gpr []byte, i int) uint64       { return a.cut(a.get(gpr, a.args[i])) }
func (a *x86ABI) SetArg(gpr []byte, i int, v uint64) { a.set(gpr, a.args[i], a.cut(v)) }

func (a *x86ABI) Result(gpr []byte) int64 {
	v := a.get(gpr, a.result)
	if a.word == 4 {
		return int64(int32(v))
	}
	return int64(v)
}

func (a *x86ABI) SetResult(gpr []byte, v int64) { a.set(gpr, a.result, uint64(v)) }

// Skip uses that the kernel leaves the result register alone if the number is
// -1 (syscall_enter_from_user_mode gives -1 back and nothing is called); any
// other bad number would force ENOSYS.
func (a *x86ABI) Skip(gpr []byte, result int64) {
	a.SetSyscallNumber(gpr, ^uint64(0))
	a.SetResult(gpr, result)
}

// Restart does what the kernel's signal code does for ERESTARTNOINTR: number
// back into the result register, and back over the instruction, which has two
// bytes in all its forms (a sysenter returns behind the int $0x80 of the
// vdso).
func (a *x86ABI) Restart(gpr []byte) {
	a.set(gpr, a.result, a.get(gpr, a.number))
	a.SetPC(gpr, a.PC(gpr)-2)
	a.SetSyscallNumber(gpr, ^uint64(0))
}

func (a *x86ABI) BreakpointInsn() []byte { return []byte{0xcc} } // int3

// BreakpointPC: int3 is a trap, the program counter is behind it.
func (a *x86ABI) BreakpointPC(pc uint64) uint64 { return pc - 1 }

func (a *x86ABI) IsSyscallInsn(code []byte) (int, bool) {
	if len(code) < 2 {
		return 0, false
	}
	switch [2]byte(code) {
	case [2]byte{0x0f, 0x05}, // syscall
		[2]byte{0x0f, 0x34}, // sysenter
		[2]byte{0xcd, 0x80}: // int $0x80
		return 2, true
	}
	return 0, false
}
