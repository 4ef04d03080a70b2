//go:build amd64 || 386

package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/ptrace"
)

// Requests of x86.
const (
	reqGetRegs       = 12
	reqSetRegs       = 13
	reqGetFPRegs     = 14
	reqSetFPRegs     = 15
	reqGetFPXRegs    = 18
	reqSetFPXRegs    = 19
	reqGetThreadArea = 25
	reqSetThreadArea = 26
	reqArchPrctl     = 30
	reqSysemu        = 31
	reqSysemuStep    = 32
	reqSingleBlock   = 33
)

// compatArch is AUDIT_ARCH_I386.
const compatArch = 0x40000003

// blocks are these requests (arch_ptrace and ia32_arch_ptrace in
// arch/x86/kernel/ptrace.c).
var blocks = map[int64]block{
	reqGetRegs:    {note: ntPRStatus, size: 216, size32: 68},
	reqSetRegs:    {note: ntPRStatus, size: 216, size32: 68, set: true},
	reqGetFPRegs:  {note: ntPRFPReg, size: 512, size32: 108},
	reqSetFPRegs:  {note: ntPRFPReg, size: 512, size32: 108, set: true},
	reqGetFPXRegs: {note: ntPRXFPReg, size32: 512},
	reqSetFPXRegs: {note: ntPRXFPReg, size32: 512, set: true},
}

const ntPRXFPReg = 0x46e62b7f

// breakpoints are the instructions that tracers plant.
var breakpoints = []string{"\xcc"}

// Where the program counter is in struct user, and in struct user32
// (arch/x86/include/asm/user_32.h), and the debug registers.
const (
	userPC64  = 16 * 8
	userPC32  = 12 * 4
	userDR0   = 848
	userDR032 = 252
)

func (c *call) userPC() uint64 {
	if c.compat() {
		return userPC32
	}
	return userPC64
}

// debugRegister is the number of the debug register at an offset.
func (c *call) debugRegister(off uint64) (number uint64, ok bool) {
	first, word := uint64(userDR0), uint64(c.word())
	if c.compat() {
		first = userDR032
	}
	number = (off - first) / word
	return number, off >= first && number < 8 && (off-first)%word == 0
}

const userDescSize = 16 // struct user_desc

// machineRequest serves what only x86 has.
func (s *Server) machineRequest(c *call, l *link, request int64) (int64, syscall.Errno) {
	addr, data := c.Args[2], c.Args[3]
	var b [userDescSize]byte
	switch {
	case request == reqGetThreadArea:
		return 0, s.fetch(c, l, request, addr, b[:], data)
	case request == reqSetThreadArea:
		return 0, s.store(c, l, request, addr, b[:])
	case request == reqArchPrctl && !c.compat():
		return 0, s.archPrctl(c, l, addr, data)
	}
	return 0, syscall.EIO
}

// struck: what has matched is in dr6, and nothing else of it.
func (l *link) struck(*utrace.Trap) (addr uint64, ok bool) { return 0, false }

// Codes of arch_prctl(2) that mean something for another thread, and no address
// of the caller's, or one that is written (do_arch_prctl_64 in
// arch/x86/kernel/process_64.c).
const (
	archSetGS, archSetFS, archGetFS, archGetGS = 0x1001, 0x1002, 0x1003, 0x1004
	archShadowUnlock, archShadowStatus         = 0x5004, 0x5005
)

func (s *Server) archPrctl(c *call, l *link, addr, code uint64) syscall.Errno {
	switch code {
	case archSetGS, archSetFS, archShadowUnlock:
		return errnoOf(ptrace.Number(reqArchPrctl, l.tid, uintptr(addr), uintptr(code)), syscall.EIO)
	case archGetFS, archGetGS, archShadowStatus:
		word, err := ptrace.ArchPrctl(l.tid, uintptr(code))
		if err != nil {
			return errnoOf(err, syscall.EIO)
		}
		return s.putWord(c, addr, word)
	}
	return syscall.EINVAL
}
