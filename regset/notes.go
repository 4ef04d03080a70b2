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

	// NoteDebug is our own number for the debug registers of x86, which have
	// no note type and are in no core file.
	NoteDebug Note = 0x75740001
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
}

// String is the name that elf.h gives the type.
func (n Note) String() string {
	if name, ok := noteNames[n]; ok {
		return name
	}
	return fmt.Sprintf("note %#x", uint32(n))
}

// InCore reports whether core files have notes of this type.
func (n Note) InCore() bool { return n != NoteDebug }
