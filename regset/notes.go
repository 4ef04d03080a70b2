package regset

import "fmt"

// The note types of register sets, as in elf.h.
const (
	NotePRStatus Note = 0x1        // NT_PRSTATUS, general registers
	NotePRFPReg  Note = 0x2        // NT_PRFPREG, floating point
	NotePRXFPReg Note = 0x46e62b7f // NT_PRXFPREG, FXSAVE area of a 32-bit thread
	NoteTLS      Note = 0x200      // NT_386_TLS
	NoteIOPerm   Note = 0x201      // NT_386_IOPERM
	NoteXState   Note = 0x202      // NT_X86_XSTATE
	NoteShstk    Note = 0x204      // NT_X86_SHSTK

	NotePPCVMX  Note = 0x100 // NT_PPC_VMX
	NotePPCVSX  Note = 0x102 // NT_PPC_VSX
	NotePPCTAR  Note = 0x103 // NT_PPC_TAR
	NotePPCPPR  Note = 0x104 // NT_PPC_PPR
	NotePPCDSCR Note = 0x105 // NT_PPC_DSCR
	NotePPCEBB  Note = 0x106 // NT_PPC_EBB
	NotePPCPMU  Note = 0x107 // NT_PPC_PMU

	NoteRISCVVector Note = 0x901 // NT_RISCV_VECTOR

	NoteS390LastBreak  Note = 0x306 // NT_S390_LAST_BREAK
	NoteS390SystemCall Note = 0x307 // NT_S390_SYSTEM_CALL
	NoteS390VXRSLow    Note = 0x309 // NT_S390_VXRS_LOW
	NoteS390VXRSHigh   Note = 0x30a // NT_S390_VXRS_HIGH

	NoteARMVFP        Note = 0x400 // NT_ARM_VFP, of a 32-bit thread
	NoteARMTLS        Note = 0x401 // NT_ARM_TLS
	NoteARMHWBreak    Note = 0x402 // NT_ARM_HW_BREAK
	NoteARMHWWatch    Note = 0x403 // NT_ARM_HW_WATCH
	NoteARMSystemCall Note = 0x404 // NT_ARM_SYSTEM_CALL
	NoteARMSVE        Note = 0x405 // NT_ARM_SVE
	NoteARMPACMask    Note = 0x406 // NT_ARM_PAC_MASK
	NoteARMPACAKeys   Note = 0x407 // NT_ARM_PACA_KEYS
	NoteARMPACGKeys   Note = 0x408 // NT_ARM_PACG_KEYS
	NoteARMTaggedAddr Note = 0x409 // NT_ARM_TAGGED_ADDR_CTRL
	NoteARMPACKeys    Note = 0x40a // NT_ARM_PAC_ENABLED_KEYS
	NoteARMSSVE       Note = 0x40b // NT_ARM_SSVE
	NoteARMZA         Note = 0x40c // NT_ARM_ZA
	NoteARMZT         Note = 0x40d // NT_ARM_ZT
	NoteARMFPMR       Note = 0x40e // NT_ARM_FPMR
	NoteARMPOE        Note = 0x40f // NT_ARM_POE
	NoteARMGCS        Note = 0x410 // NT_ARM_GCS

	// NoteDebug is our own number for the debug registers of x86, which have
	// no note type and are in no core file.
	NoteDebug Note = 0x75740001
	// NotePPCWatch is our own number for the watchpoints of POWER, which the kernel
	// has requests of their own for (PPC_PTRACE_SETHWDEBUG). It can be written
	// only: what is written are structs ppc_hw_breakpoint, in the place of all
	// that there were.
	NotePPCWatch Note = 0x75740002
)

var noteNames = map[Note]string{
	NotePRStatus: "NT_PRSTATUS",
	NotePRFPReg:  "NT_PRFPREG",
	NotePRXFPReg: "NT_PRXFPREG",
	NoteTLS:      "NT_386_TLS",
	NoteIOPerm:   "NT_386_IOPERM",
	NoteXState:   "NT_X86_XSTATE",
	NoteShstk:    "NT_X86_SHSTK",
	NoteDebug:    "debug registers",
	NotePPCWatch: "watchpoints",

	NotePPCVMX:  "NT_PPC_VMX",
	NotePPCVSX:  "NT_PPC_VSX",
	NotePPCTAR:  "NT_PPC_TAR",
	NotePPCPPR:  "NT_PPC_PPR",
	NotePPCDSCR: "NT_PPC_DSCR",
	NotePPCEBB:  "NT_PPC_EBB",
	NotePPCPMU:  "NT_PPC_PMU",

	NoteRISCVVector: "NT_RISCV_VECTOR",

	NoteS390LastBreak:  "NT_S390_LAST_BREAK",
	NoteS390SystemCall: "NT_S390_SYSTEM_CALL",
	NoteS390VXRSLow:    "NT_S390_VXRS_LOW",
	NoteS390VXRSHigh:   "NT_S390_VXRS_HIGH",

	NoteARMVFP:        "NT_ARM_VFP",
	NoteARMTLS:        "NT_ARM_TLS",
	NoteARMHWBreak:    "NT_ARM_HW_BREAK",
	NoteARMHWWatch:    "NT_ARM_HW_WATCH",
	NoteARMSystemCall: "NT_ARM_SYSTEM_CALL",
	NoteARMSVE:        "NT_ARM_SVE",
	NoteARMPACMask:    "NT_ARM_PAC_MASK",
	NoteARMPACAKeys:   "NT_ARM_PACA_KEYS",
	NoteARMPACGKeys:   "NT_ARM_PACG_KEYS",
	NoteARMTaggedAddr: "NT_ARM_TAGGED_ADDR_CTRL",
	NoteARMPACKeys:    "NT_ARM_PAC_ENABLED_KEYS",
	NoteARMSSVE:       "NT_ARM_SSVE",
	NoteARMZA:         "NT_ARM_ZA",
	NoteARMZT:         "NT_ARM_ZT",
	NoteARMFPMR:       "NT_ARM_FPMR",
	NoteARMPOE:        "NT_ARM_POE",
	NoteARMGCS:        "NT_ARM_GCS",
}

// String is the name that elf.h gives the type.
func (n Note) String() string {
	if name, ok := noteNames[n]; ok {
		return name
	}
	return fmt.Sprintf("note %#x", uint32(n))
}

// InCore reports whether core files have notes of this type.
func (n Note) InCore() bool { return n != NoteDebug && n != NotePPCWatch }
