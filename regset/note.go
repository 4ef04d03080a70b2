package regset

// Note is an ELF note type. It names a register set, both in core files and
// in PTRACE_GETREGSET.
type Note uint32

// Transport moves raw bytes of register sets between a stopped thread and the
// caller. A tracehook.Task is one.
//
// The thread must be stopped; otherwise every method fails with ESRCH.
type Transport interface {
	// ReadRegset fills buf with the set as the kernel lays it out and returns
	// how many bytes it gave.
	ReadRegset(note Note, buf []byte) (int, error)
	// WriteRegset writes the first len(buf) bytes of the set.
	WriteRegset(note Note, buf []byte) error
	// PeekUser and PokeUser access the word at an offset of the kernel's
	// struct user, which is the only way to the debug registers of x86.
	PeekUser(off uintptr) (uint64, error)
	PokeUser(off uintptr, value uint64) error
}
