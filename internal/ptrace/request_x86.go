//go:build amd64 || 386

package ptrace

// Requests that the architectures number differently or do not have at all.
const (
	requestSysemu      = 31
	requestSingleBlock = 33
)
