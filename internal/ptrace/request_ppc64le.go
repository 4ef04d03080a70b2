package ptrace

// Requests that the architectures number differently.
const (
	requestSysemu      = 0x1d
	requestSingleBlock = 0x100
)

// commonNotes are the register sets whose sizes a report shows.
var commonNotes = []noteName{
	{"NT_PRSTATUS", 0x1}, {"NT_PRFPREG", 0x2}, {"NT_PPC_VMX", 0x100}, {"NT_PPC_VSX", 0x102},
}
