//go:build !amd64

package ptrace

import "syscall"

// Block32 is for 64-bit tracing programs on x86.
func Block32(request, tid int, addr uint32, block []byte) (int, error) { return 0, syscall.ENOSYS }

// Number32 likewise.
func Number32(request, tid int, addr, data uint32) error { return syscall.ENOSYS }
