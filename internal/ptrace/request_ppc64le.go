package ptrace

// Requests that the architectures number differently.
const (
	requestSysemu      = 0x1d
	requestSingleBlock = 0x100
)
