package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ReadV copies from the memory of a process: the remote ranges, one after the
// other, into the local buffers. It returns the bytes copied before the first
// remote range that was not wholly accessible; if that is none, the error is
// EFAULT. The process need not be stopped nor traced, but it may have to be
// waited for (a page that comes from a slow file system), hence this is not a
// raw call. No more than 1024 ranges (IOV_MAX).
func ReadV(tid int, local []unix.Iovec, remote []unix.RemoteIovec) (int, error) {
	return vector(unix.SYS_PROCESS_VM_READV, tid, local, remote)
}

// WriteV is the opposite of ReadV. It respects the protection of the target's
// mappings: text cannot be written this way.
func WriteV(tid int, local []unix.Iovec, remote []unix.RemoteIovec) (int, error) {
	return vector(unix.SYS_PROCESS_VM_WRITEV, tid, local, remote)
}

// Read copies len(p) bytes at addr. The count may be short, see ReadV.
func Read(tid int, addr uintptr, p []byte) (int, error) {
	local := [1]unix.Iovec{{Base: unsafe.SliceData(p)}}
	local[0].SetLen(len(p))
	remote := [1]unix.RemoteIovec{{Base: addr, Len: len(p)}}
	return vector(unix.SYS_PROCESS_VM_READV, tid, local[:], remote[:])
}

// Write copies p to addr, see WriteV.
func Write(tid int, addr uintptr, p []byte) (int, error) {
	local := [1]unix.Iovec{{Base: unsafe.SliceData(p)}}
	local[0].SetLen(len(p))
	remote := [1]unix.RemoteIovec{{Base: addr, Len: len(p)}}
	return vector(unix.SYS_PROCESS_VM_WRITEV, tid, local[:], remote[:])
}

func vector(call uintptr, tid int, local []unix.Iovec, remote []unix.RemoteIovec) (int, error) {
	n, _, e := syscall.Syscall6(call, uintptr(tid),
		uintptr(unsafe.Pointer(unsafe.SliceData(local))), uintptr(len(local)),
		uintptr(unsafe.Pointer(unsafe.SliceData(remote))), uintptr(len(remote)), 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}
