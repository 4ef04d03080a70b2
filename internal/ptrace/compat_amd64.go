package ptrace

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A 64-bit program can make the calls of i386 with int $0x80. The kernel then
// converts structures as it does for 32-bit tracers, and takes addresses of
// 32 bits.

const sysPtrace32 = 26

// compat enters the kernel. It is written in assembly.
//
//go:noescape
func compat(nr, request, tid, addr, data uint32) int32

// low is a page that a 32-bit address reaches.
var low = sync.OnceValue(func() []byte {
	page, _ := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_32BIT)
	return page
})

// Block32 is Block as a 32-bit tracer makes it. It must not be called by two
// threads at a time. ENOSYS: this kernel runs no 32-bit programs.
func Block32(request, tid int, addr uint32, block []byte) (int, error) {
	page := low()
	if len(block) > len(page) {
		return 0, syscall.ENOMEM
	}
	copy(page, block)
	n, err := call32(request, tid, addr, uint32(uintptr(unsafe.Pointer(unsafe.SliceData(page)))))
	copy(block, page)
	return n, err
}

// Number32 is Number as a 32-bit tracer makes it.
func Number32(request, tid int, addr, data uint32) error {
	_, err := call32(request, tid, addr, data)
	return err
}

func call32(request, tid int, addr, data uint32) (int, error) {
	n := compat(sysPtrace32, uint32(request), uint32(tid), addr, data)
	if n < 0 && n > -4096 {
		return 0, syscall.Errno(-n)
	}
	return int(n), nil
}
