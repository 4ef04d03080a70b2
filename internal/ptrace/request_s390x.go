package ptrace

// Requests that the architectures number differently.
const (
	requestSysemu      = 31
	requestSingleBlock = 12
)

// commonNotes are the register sets whose sizes a report shows.
var commonNotes = []noteName{
	{"NT_PRSTATUS", 0x1}, {"NT_PRFPREG", 0x2}, {"NT_S390_VXRS_LOW", 0x309}, {"NT_S390_VXRS_HIGH", 0x30a},
}
