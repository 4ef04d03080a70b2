package regset

import (
	"bytes"
	"encoding/binary"
)

// wordABI is what most architectures have in common: a general set of equal
// words, one instruction for system calls, and a word for everything that a
// call is made of. What an architecture does otherwise it has a type of its own
// for, around this one.
type wordABI struct {
	name  string
	audit uint32
	order binary.ByteOrder
	size  int // bytes of a word
	words int // bytes of them in the general set
	view  *View

	pc, sp, number, result int
	args                   [6]int

	breakpoint []byte
	behind     uint64 // how far the program counter is behind one after its trap
	call       []byte // the instruction that enters a system call
}

func (a *wordABI) Name() string      { return a.name }
func (a *wordABI) AuditArch() uint32 { return a.audit }
func (a *wordABI) WordSize() int     { return a.size }
func (a *wordABI) GeneralSize() int  { return a.words * a.size }
func (a *wordABI) View() *View       { return a.view }

func (a *wordABI) get(gpr []byte, i int) uint64 {
	if a.size == 4 {
		return uint64(a.order.Uint32(gpr[4*i:]))
	}
	return a.order.Uint64(gpr[8*i:])
}

func (a *wordABI) set(gpr []byte, i int, v uint64) {
	if a.size == 4 {
		a.order.PutUint32(gpr[4*i:], uint32(v))
		return
	}
	a.order.PutUint64(gpr[8*i:], v)
}

func (a *wordABI) PC(gpr []byte) uint64       { return a.get(gpr, a.pc) }
func (a *wordABI) SetPC(gpr []byte, v uint64) { a.set(gpr, a.pc, v) }
func (a *wordABI) SP(gpr []byte) uint64       { return a.get(gpr, a.sp) }
func (a *wordABI) SetSP(gpr []byte, v uint64) { a.set(gpr, a.sp, v) }

func (a *wordABI) SyscallNumber(gpr []byte) uint64        { return a.get(gpr, a.number) }
func (a *wordABI) SetSyscallNumber(gpr []byte, nr uint64) { a.set(gpr, a.number, nr) }

func (a *wordABI) Arg(gpr []byte, i int) uint64       { return a.get(gpr, a.args[i]) }
func (a *wordABI) SetArg(gpr []byte, i int, v uint64) { a.set(gpr, a.args[i], v) }

func (a *wordABI) Result(gpr []byte) int64 {
	if a.size == 4 {
		return int64(int32(a.get(gpr, a.result)))
	}
	return int64(a.get(gpr, a.result))
}

func (a *wordABI) SetResult(gpr []byte, v int64) { a.set(gpr, a.result, uint64(v)) }

// Skip: no call has the number -1. Whether the kernel then leaves the result
// alone or makes it ENOSYS depends on the architecture, so it has to be set at
// the exit once more.
func (a *wordABI) Skip(gpr []byte, result int64) {
	a.SetSyscallNumber(gpr, ^uint64(0))
	a.SetResult(gpr, result)
}

// Restart is for architectures where the number stays where it is and the
// first argument is in the result's register: see [CallApart].
func (a *wordABI) Restart(gpr []byte) {
	a.SetPC(gpr, a.PC(gpr)-uint64(len(a.call)))
}

func (a *wordABI) BreakpointInsn() []byte { return bytes.Clone(a.breakpoint) }

func (a *wordABI) BreakpointPC(pc uint64) uint64 { return pc - a.behind }

func (a *wordABI) IsSyscallInsn(code []byte) (int, bool) {
	return len(a.call), bytes.HasPrefix(code, a.call)
}

// CallApart is an [ABI] whose general registers do not tell which call a thread
// is in, and with which first argument: the result is in the register of the
// latter, or of the number. The kernel says in /proc/TID/syscall. To make a call
// once more the argument has to be put back, by SetResult, after Restart.
type CallApart interface {
	// NumberNote is a set of four bytes that the number of a call has to be
	// written to, at its entry; 0 if it is taken from the general registers.
	NumberNote() Note
	// Forgets reports whether a thread that stops behind its call has taken
	// back already that it was in one, and what its registers show is what they
	// show in user mode.
	Forgets() bool
}

// FirstArgFixed is an [ABI] of a kernel that has the first argument of a call where
// no register set reaches, and the result already in the register that it came in.
// Only PTRACE_SET_SYSCALL_INFO (Linux 6.16) changes it.
type FirstArgFixed interface{ FirstArgFixed() }

// CallMarked is an [ABI] with general registers that change without the program:
// arm64's x7 says at the stops of system calls which end of the call it is, and
// powerpc shows what the last interrupt was.
type CallMarked interface {
	// CopyMarked copies what they have to another set.
	CopyMarked(to, from []byte)
}
