package strace

import (
	"encoding/binary"
	"strconv"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// SiginfoSize is the size of the kernel's siginfo_t.
const SiginfoSize = 128

// The values of si_code that concern all signals (siginfo.h).
const (
	siUser   = 0
	siTimer  = -2
	siSigio  = -5
	siTkill  = -6
	siKernel = 0x80
)

var generalCodes = map[int32]string{
	siUser: "SI_USER", siKernel: "SI_KERNEL", -1: "SI_QUEUE", siTimer: "SI_TIMER", -3: "SI_MESGQ",
	-4: "SI_ASYNCIO", siSigio: "SI_SIGIO", siTkill: "SI_TKILL", -7: "SI_DETHREAD", -60: "SI_ASYNCNL",
}

// The signals whose positive codes have names and fields of their own.
const (
	sigill, sigtrap, sigbus, sigfpe, sigsegv = 4, 5, 7, 8, 11
	sigchld, sigio, sigsys                   = 17, 29, 31
)

var signalCodes = map[int32][]string{
	sigill:  {"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK", "ILL_BADIADDR"},
	sigtrap: {"TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"},
	sigbus:  {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"},
	sigfpe: {"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB",
		8: "", 9: "", 10: "", 11: "", 12: "", 13: "FPE_FLTUNK", 14: "FPE_CONDTRAP"},
	sigsegv: {"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR", "SEGV_MTEAERR", "SEGV_MTESERR"},
	sigchld: {"CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"},
	sigio:   {"POLL_IN", "POLL_OUT", "POLL_MSG", "POLL_ERR", "POLL_PRI", "POLL_HUP"},
	sigsys:  {"SYS_SECCOMP", "SYS_USER_DISPATCH"},
}

// codeName returns the name of a si_code, or "".
func codeName(sig, code int32) string {
	if names := signalCodes[sig]; code >= 1 && int(code) <= len(names) {
		return names[code-1]
	}
	return generalCodes[code]
}

// siginfo reads the fields of a siginfo_t of a 64-bit kernel, which is what
// PTRACE_GETSIGINFO gives to a 64-bit tracer whatever the tracee is.
type siginfo []byte

func (s siginfo) int32(at int) int32   { return int32(binary.NativeEndian.Uint32(s[at:])) }
func (s siginfo) uint32(at int) uint32 { return binary.NativeEndian.Uint32(s[at:]) }
func (s siginfo) uint64(at int) uint64 { return binary.NativeEndian.Uint64(s[at:]) }

// Where the fields are: signo, errno, code, then a union at 16.
const (
	atErrno, atCode = 4, 8
	atPid, atUid    = 16, 20 // also timer id and overrun
	atValue         = 24     // sigval; also the status of a child, si_fd
	atAddr          = 16
	atBounds        = 32 // also the protection key
	atUtime         = 32
	atStime         = 40
)

// appendSiginfo appends the structure in braces. info must be SiginfoSize long.
func appendSiginfo(buf []byte, info []byte) []byte {
	s := siginfo(info)
	sig, code := s.int32(0), s.int32(atCode)
	buf = appendSignal(append(buf, "{si_signo="...), int(sig))
	buf = append(buf, ", si_code="...)
	if name := codeName(sig, code); name != "" {
		buf = append(buf, name...)
	} else {
		buf = appendHex(buf, uint64(uint32(code)))
	}
	if errno := s.int32(atErrno); errno != 0 {
		buf = append(buf, ", si_errno="...)
		if name := decode.ErrnoName(int(errno)); name != "" {
			buf = append(buf, name...)
		} else {
			buf = strconv.AppendInt(buf, int64(errno), 10)
		}
	}
	// Codes up to 0 come from processes (SI_FROMUSER) and mean the same for
	// every signal; the meaning of the others depends on the signal.
	if code <= 0 {
		buf = s.appendUser(buf, code)
	} else {
		buf = s.appendKernel(buf, sig, code)
	}
	return append(buf, '}')
}

func (s siginfo) appendUser(buf []byte, code int32) []byte {
	switch code {
	case siUser, siTkill:
		return s.appendSender(buf)
	case siTimer:
		buf = appendHex(append(buf, ", si_timerid="...), uint64(s.uint32(atPid)))
		buf = appendField(buf, ", si_overrun=", int64(s.int32(atUid)))
		return s.appendValue(buf)
	case siSigio:
		return s.appendPoll(buf)
	}
	buf = s.appendSender(buf)
	if s.uint64(atValue) != 0 {
		buf = s.appendValue(buf)
	}
	return buf
}

func (s siginfo) appendKernel(buf []byte, sig, code int32) []byte {
	switch sig {
	case sigchld:
		return s.appendChild(buf, code)
	case sigill, sigtrap, sigbus, sigfpe, sigsegv:
		return s.appendFault(buf, sig, code)
	case sigio:
		if int(code) > len(signalCodes[sigio]) {
			return buf
		}
		return s.appendPoll(buf)
	case sigsys:
		return s.appendSys(buf)
	}
	if s.uint64(atPid) != 0 {
		buf = s.appendSender(buf)
	}
	if s.uint64(atValue) != 0 {
		buf = s.appendValue(buf)
	}
	return buf
}

func (s siginfo) appendSender(buf []byte) []byte {
	buf = appendField(buf, ", si_pid=", int64(s.int32(atPid)))
	return appendField(buf, ", si_uid=", int64(s.uint32(atUid)))
}

func (s siginfo) appendValue(buf []byte) []byte {
	buf = appendField(buf, ", si_int=", int64(s.int32(atValue)))
	return appendPointer(append(buf, ", si_ptr="...), s.uint64(atValue))
}

func (s siginfo) appendPoll(buf []byte) []byte {
	buf = appendField(buf, ", si_band=", int64(s.uint64(atAddr)))
	return appendField(buf, ", si_fd=", int64(s.int32(atValue)))
}

func (s siginfo) appendChild(buf []byte, code int32) []byte {
	buf = append(s.appendSender(buf), ", si_status="...)
	if status := s.int32(atValue); code == 1 { // CLD_EXITED
		buf = strconv.AppendInt(buf, int64(status), 10)
	} else {
		buf = appendSignal(buf, int(status))
	}
	buf = appendTicks(append(buf, ", si_utime="...), s.uint64(atUtime))
	return appendTicks(append(buf, ", si_stime="...), s.uint64(atStime))
}

// appendTicks appends a time in ticks of 1/100 s (USER_HZ).
func appendTicks(buf []byte, ticks uint64) []byte {
	buf = strconv.AppendUint(buf, ticks, 10)
	if ticks == 0 {
		return buf
	}
	buf = strconv.AppendUint(append(buf, " /* "...), ticks/100, 10)
	buf = append(buf, '.', byte('0'+ticks/10%10), byte('0'+ticks%10))
	return append(buf, " s */"...)
}

func (s siginfo) appendFault(buf []byte, sig, code int32) []byte {
	buf = appendPointer(append(buf, ", si_addr="...), s.uint64(atAddr))
	switch codeName(sig, code) {
	case "SEGV_BNDERR":
		buf = appendPointer(append(buf, ", si_lower="...), s.uint64(atBounds))
		buf = appendPointer(append(buf, ", si_upper="...), s.uint64(atBounds+8))
	case "SEGV_PKUERR":
		buf = appendField(buf, ", si_pkey=", int64(s.uint32(atBounds)))
	case "BUS_MCEERR_AR", "BUS_MCEERR_AO":
		buf = appendHex(append(buf, ", si_addr_lsb="...), uint64(uint16(s.uint32(atValue))))
	}
	return buf
}

func (s siginfo) appendSys(buf []byte) []byte {
	nr, arch := s.int32(24), s.uint32(28)
	buf = appendPointer(append(buf, ", si_call_addr="...), s.uint64(atAddr))
	buf = append(buf, ", si_syscall="...)
	abi := syscalls.ByAuditArch(arch)
	if abi != nil {
		abi = abi.ForNumber(uint64(uint32(nr)))
		if c, ok := abi.Lookup(uint64(uint32(nr))); ok {
			buf = append(append(buf, "__NR_"...), c.Name...)
		} else {
			buf = strconv.AppendInt(buf, int64(nr), 10)
		}
	} else {
		buf = strconv.AppendInt(buf, int64(nr), 10)
	}
	buf = append(buf, ", si_arch="...)
	if name := auditArch[arch]; name != "" {
		return append(append(buf, "AUDIT_ARCH_"...), name...)
	}
	return append(appendHex(buf, uint64(arch)), " /* AUDIT_ARCH_??? */"...)
}

// auditArch are the names in linux/audit.h of the architectures of package
// syscalls.
var auditArch = map[uint32]string{
	0xc000003e: "X86_64", 0x40000003: "I386", 0xc00000b7: "AARCH64",
	0xc0000015: "PPC64LE", 0xc00000f3: "RISCV64", 0x80000016: "S390X",
}

func appendField(buf []byte, name string, v int64) []byte {
	return strconv.AppendInt(append(buf, name...), v, 10)
}

// appendHex appends v as C's %#x does: zero without a prefix.
func appendHex(buf []byte, v uint64) []byte {
	if v != 0 {
		buf = append(buf, "0x"...)
	}
	return strconv.AppendUint(buf, v, 16)
}

func appendPointer(buf []byte, v uint64) []byte {
	if v == 0 {
		return append(buf, "NULL"...)
	}
	return appendHex(buf, v)
}
