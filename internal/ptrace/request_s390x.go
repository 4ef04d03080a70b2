package ptrace

// Requests that the architectures number differently.
const (
	requestSysemu      = 31
	requestSingleBlock = 12
)
