//go:build arm64 || riscv64

package entry

// From asm-generic/unistd.h.
const (
	sysFcntl         = 25
	sysRtSigaction   = 134
	sysRtSigprocmask = 135
	sysPrlimit64     = 261
)
