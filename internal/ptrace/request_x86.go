//go:build amd64 || 386

package ptrace

// Requests that the architectures number differently or do not have at all.
const (
	requestSysemu      = 31
	requestSingleBlock = 33
)

// commonNotes are the register sets whose sizes a report shows.
var commonNotes = []noteName{
	{"NT_PRSTATUS", 0x1},
	{"NT_PRFPREG", 0x2},
	{"NT_X86_XSTATE", 0x202},
	{"NT_X86_SHSTK", 0x204},
}
