//go:build arm64 || riscv64

package ptrace

// Requests that the architectures number differently or do not have at all:
// the kernel answers EIO to what it does not know.
const (
	requestSysemu      = 31
	requestSingleBlock = -1
)
