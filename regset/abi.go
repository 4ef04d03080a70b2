package regset

// ABI knows what the registers of a thread mean: where its program counter,
// its system call and the result of that are. Everything works on the bytes of
// the general register set (NT_PRSTATUS) as the kernel gave them for a thread
// of this ABI, without allocation.
//
// The values of ABI are comparable: there is one for each ABI.
type ABI interface {
	// Name is the ABI's name, such as "x86_64" or "i386".
	Name() string
	// AuditArch is the AUDIT_ARCH_* value of its system calls.
	AuditArch() uint32
	// WordSize is the size of a pointer in bytes.
	WordSize() int
	// GeneralSize is the size of the general register set in bytes.
	GeneralSize() int
	// View is the list of register sets of a thread of this ABI.
	View() *View

	PC(gpr []byte) uint64
	SetPC(gpr []byte, v uint64)
	SP(gpr []byte) uint64
	SetSP(gpr []byte, v uint64)

	// SyscallNumber is the number of the call that the thread is in, or all
	// ones (of the word size) if it is in none.
	SyscallNumber(gpr []byte) uint64
	SetSyscallNumber(gpr []byte, nr uint64)
	// Arg and SetArg access argument 0 to 5.
	Arg(gpr []byte, i int) uint64
	SetArg(gpr []byte, i int, v uint64)
	// Result is what the call returned: -errno for a failure.
	Result(gpr []byte) int64
	SetResult(gpr []byte, v int64)
	// Skip makes the call of a system call entry not happen and sets the
	// result that the program will see.
	Skip(gpr []byte, result int64)
	// Restart takes the thread back to its system call instruction, so that
	// the call is made once more, and forgets that there was one.
	Restart(gpr []byte)

	// BreakpointInsn is the instruction that traps.
	BreakpointInsn() []byte
	// BreakpointPC is the address of the breakpoint instruction, given the
	// program counter after its trap.
	BreakpointPC(pc uint64) uint64
	// IsSyscallInsn reports whether code begins with an instruction that
	// enters a system call, and how long that is.
	IsSyscallInsn(code []byte) (n int, ok bool)
}
