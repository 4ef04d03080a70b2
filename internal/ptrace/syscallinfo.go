package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SyscallOp says at which point of a system call a stop is.
type SyscallOp uint8

// The points.
const (
	SyscallNone    SyscallOp = unix.PTRACE_SYSCALL_INFO_NONE
	SyscallEntry   SyscallOp = unix.PTRACE_SYSCALL_INFO_ENTRY
	SyscallExit    SyscallOp = unix.PTRACE_SYSCALL_INFO_EXIT
	SyscallSeccomp SyscallOp = unix.PTRACE_SYSCALL_INFO_SECCOMP
)

// SyscallInfo is the kernel's struct ptrace_syscall_info. The last part is a
// union; the methods read it, and each has a meaning for certain Ops only.
type SyscallInfo struct {
	Op    SyscallOp
	_     uint8
	Flags uint16
	Arch  uint32 // AUDIT_ARCH_*, of the call and not of the process
	PC    uint64
	SP    uint64
	union [8]uint64
}

// syscallInfoSize is the size of the struct with all that kernels since 6.16
// want to see in PTRACE_SET_SYSCALL_INFO.
const syscallInfoSize = unsafe.Sizeof(SyscallInfo{})

// Nr is the number of the call (SyscallEntry, SyscallSeccomp).
func (s *SyscallInfo) Nr() uint64 { return s.union[0] }

// SetNr changes the number of the call.
func (s *SyscallInfo) SetNr(nr uint64) { s.union[0] = nr }

// Args are the arguments of the call, to be read or changed (SyscallEntry,
// SyscallSeccomp).
func (s *SyscallInfo) Args() *[6]uint64 { return (*[6]uint64)(s.union[1:7]) }

// RetData is the data part of the filter's verdict (SyscallSeccomp).
func (s *SyscallInfo) RetData() uint32 { return *(*uint32)(unsafe.Pointer(&s.union[7])) }

// Result is what the call returned, -errno if it failed (SyscallExit).
func (s *SyscallInfo) Result() int64 { return int64(s.union[0]) }

// Failed reports whether Result is an error (SyscallExit). It is not the same
// as a negative Result.
func (s *SyscallInfo) Failed() bool { return *(*byte)(unsafe.Pointer(&s.union[1])) != 0 }

// SetResult changes the outcome of the call (SyscallExit).
func (s *SyscallInfo) SetResult(result int64, failed bool) {
	s.union[0], s.union[1] = uint64(result), 0
	if failed {
		*(*byte)(unsafe.Pointer(&s.union[1])) = 1
	}
}

// GetSyscallInfo fills info and returns how many bytes of it the kernel has
// set; at a stop that has nothing to do with a system call Op is SyscallNone
// and Arch, PC and SP are set.
func GetSyscallInfo(tid int, info *SyscallInfo) (int, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid),
		syscallInfoSize, uintptr(unsafe.Pointer(info)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// SetSyscallInfo changes number and arguments at an entry or seccomp stop, or
// the result at an exit stop. Op must be the one that GetSyscallInfo gave.
// Kernels before 6.16 answer EIO.
func SetSyscallInfo(tid int, info *SyscallInfo) error {
	return pointer(unix.PTRACE_SET_SYSCALL_INFO, tid, syscallInfoSize, unsafe.Pointer(info))
}

// Rseq is the kernel's struct ptrace_rseq_configuration: where the tracee has
// registered its area for restartable sequences.
type Rseq struct {
	Addr      uint64
	Size      uint32
	Signature uint32
	Flags     uint32
	_         uint32
}

// GetRseq reads the restartable sequence registration. Addr is 0 if there is
// none.
func GetRseq(tid int, r *Rseq) error {
	return pointer(unix.PTRACE_GET_RSEQ_CONFIGURATION, tid, unsafe.Sizeof(*r), unsafe.Pointer(r))
}
