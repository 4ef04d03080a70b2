package tracehook

import (
	"encoding/binary"
	"unsafe"
)

// Siginfo is the kernel's siginfo_t (sigaction(2)) in the layout of the
// tracing program's own ABI: PTRACE_GETSIGINFO converts where the thread's
// differs.
type Siginfo [128]byte

// sifields is where the union begins: it is aligned for a pointer.
const sifields = 12 + (unsafe.Sizeof(uintptr(0))-4)&4

// Signo is si_signo.
func (s *Siginfo) Signo() int { return int(s.int32(0)) }

// Errno is si_errno.
func (s *Siginfo) Errno() int { return int(s.int32(4)) }

// Code is si_code: above 0 if the kernel made the signal, else a process did.
func (s *Siginfo) Code() int { return int(s.int32(8)) }

// PID is si_pid, of signals that processes send and of SIGCHLD.
func (s *Siginfo) PID() int { return int(s.int32(sifields)) }

// UID is si_uid, of signals that processes send and of SIGCHLD.
func (s *Siginfo) UID() int { return int(s.int32(sifields + 4)) }

// Addr is si_addr, of faults and traps.
func (s *Siginfo) Addr() uint64 {
	if unsafe.Sizeof(uintptr(0)) == 4 {
		return uint64(binary.NativeEndian.Uint32(s[sifields:]))
	}
	return binary.NativeEndian.Uint64(s[sifields:])
}

// Value is si_int, the number that sigqueue(3) sends along. It is behind si_pid
// and si_uid.
func (s *Siginfo) Value() int { return int(s.int32(sifields + 8)) }

// SetSigno sets si_signo.
func (s *Siginfo) SetSigno(n int) { s.setInt32(0, int32(n)) }

// SetCode sets si_code.
func (s *Siginfo) SetCode(n int) { s.setInt32(8, int32(n)) }

// SetPID and SetUID set si_pid and si_uid.
func (s *Siginfo) SetPID(n int) { s.setInt32(sifields, int32(n)) }

// SetUID sets si_uid.
func (s *Siginfo) SetUID(n int) { s.setInt32(sifields+4, int32(n)) }

// SetValue sets si_int.
func (s *Siginfo) SetValue(n int) { s.setInt32(sifields+8, int32(n)) }

// SetAddr sets si_addr.
func (s *Siginfo) SetAddr(a uint64) {
	if unsafe.Sizeof(uintptr(0)) == 4 {
		binary.NativeEndian.PutUint32(s[sifields:], uint32(a))
		return
	}
	binary.NativeEndian.PutUint64(s[sifields:], a)
}

func (s *Siginfo) int32(off uintptr) int32 { return int32(binary.NativeEndian.Uint32(s[off:])) }

func (s *Siginfo) setInt32(off uintptr, v int32) {
	binary.NativeEndian.PutUint32(s[off:], uint32(v))
}

// Values of si_code that are the same for all signals (sigaction(2)).
const (
	SiUser   = 0
	SiKernel = 0x80
	SiQueue  = -1
	SiTkill  = -6
)
