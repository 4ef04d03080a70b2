package vptrace

// Requests of powerpc (asm/ptrace.h).
const (
	reqGetRegs     = 12
	reqSetRegs     = 13
	reqGetFPRegs   = 14
	reqSetFPRegs   = 15
	reqGetVRRegs   = 18
	reqSetVRRegs   = 19
	reqGetRegs64   = 22
	reqSetRegs64   = 23
	reqGetVSRRegs  = 27
	reqSetVSRRegs  = 28
	reqSysemu      = 0x1d
	reqSysemuStep  = 0x1e
	reqSingleBlock = 0x100
)

// compatArch: kernels for ppc64le run no 32-bit programs.
const compatArch = 0

const (
	ntVMX = 0x100
	ntVSX = 0x102
)

// blocks are the requests that move a set of registers, some without its end
// (arch_ptrace in arch/powerpc/kernel/ptrace/ptrace.c).
var blocks = map[int64]block{
	reqGetRegs:    {note: ntPRStatus, size: 352},
	reqSetRegs:    {note: ntPRStatus, size: 352, set: true},
	reqGetRegs64:  {note: ntPRStatus, size: 352},
	reqSetRegs64:  {note: ntPRStatus, size: 352, set: true},
	reqGetFPRegs:  {note: ntPRFPReg, size: 264},
	reqSetFPRegs:  {note: ntPRFPReg, size: 264, set: true},
	reqGetVRRegs:  {note: ntVMX, size: 532, torn: true},
	reqSetVRRegs:  {note: ntVMX, size: 532, set: true, torn: true},
	reqGetVSRRegs: {note: ntVSX, size: 256},
	reqSetVSRRegs: {note: ntVSX, size: 256, set: true},
}

// breakpoints are the instructions that tracers plant: trap, and gdb's
// tweq r2,r2.
var breakpoints = []string{"\x08\x00\xe0\x7f", "\x08\x10\x82\x7d"}

// userPC is where the program counter is in the user area (PT_NIP).
func (c *call) userPC() uint64 { return 32 * 8 }

// debugRegister: debug registers have requests of their own.
func (c *call) debugRegister(off uint64) (number uint64, ok bool) { return 0, false }
