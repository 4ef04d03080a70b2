package ptrace

// Requests that the architectures number differently or do not have at all:
// the kernel answers EIO to what it does not know.
const (
	requestSysemu      = 31
	requestSingleBlock = -1
)

// commonNotes are the register sets whose sizes a report shows.
var commonNotes = []noteName{
	{"NT_PRSTATUS", 0x1}, {"NT_PRFPREG", 0x2}, {"NT_ARM_HW_WATCH", 0x403}, {"NT_ARM_SVE", 0x405}, {"NT_ARM_PAC_MASK", 0x406},
}
