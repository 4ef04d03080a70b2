package vptrace

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/utrace/utrace/internal/procfs"
)

// Programs ask by fstatfs(2) whether a file is one of procfs. The copies of such files
// are of another file system, and shall not show that.

// fstatfs serves fstatfs(2), and fstatfs64(2) of 32-bit programs, about a copy.
func (s *Server) fstatfs(c *call, wide bool) {
	if !procfs.IsCopy(int(c.TID), int(int32(c.Args[0]))) || !c.from.Valid(c.ID) {
		s.pass(c)
		return
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs("/proc", &st); err != nil {
		s.pass(c)
		return
	}
	addr, b := c.Args[1], unsafe.Slice((*byte)(unsafe.Pointer(&st)), unsafe.Sizeof(st))
	if c.compat() {
		b = narrowStatfs(b, wide)
		if wide {
			// do_sys_fstatfs64 of fs/statfs.c takes the size of the structure only.
			if c.Args[1] != uint64(len(b)) && c.Args[1] != paddedStatfs {
				s.pass(c) // EINVAL
				return
			}
			addr = c.Args[2]
		}
	}
	s.answer(c, 0, s.put(c, addr, b))
}

// paddedStatfs is what struct statfs64 measures for compilers that align its end.
const paddedStatfs = 88

// narrowStatfs is struct statfs or statfs64 of i386 (arch/x86/include/uapi/asm/statfs.h):
// words of 32 bits, of which the latter has the counts of blocks and files in two.
func narrowStatfs(native []byte, wide bool) (b []byte) {
	const firstCount, lastCount, id = 2, 6, 7
	for i := 0; len(native) >= 8; i++ {
		v := binary.NativeEndian.Uint64(native)
		native = native[8:]
		if i == id || wide && firstCount <= i && i <= lastCount {
			b = binary.NativeEndian.AppendUint64(b, v)
		} else {
			b = binary.NativeEndian.AppendUint32(b, uint32(v))
		}
	}
	return b
}
