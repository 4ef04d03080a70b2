// Package regset knows what the registers of a thread are: which sets of them
// a kernel offers, where in their bytes each register lies, and what the
// registers mean for a system call.
//
// A [Set] is an array of slots under an ELF note type, the same in core files
// and in PTRACE_GETREGSET. A [View] is the list of sets of one ABI. An [ABI]
// adds the meaning. None of them holds values: values are moved by a
// [Transport], be it a stopped thread or a core file.
//
// A thread can be looked at through a view that is not its own. A 32-bit
// thread seen as x86_64 has its general registers widened, a 64-bit thread seen
// as i386 has them cut off; see [Set.Put] for how such registers are written.
//
// Nothing about sizes is taken for granted that a kernel or a processor may
// decide: lengths come from the kernel and the places of extended state from
// the CPUID instruction.
//
// # Another architecture
//
// It takes a file of tables with the ABI (riscv64.go is the shortest), which
// where wordABI does most of it, and a native_GOARCH.go that names it;
// docs/porting.md leads through a whole port.
package regset
