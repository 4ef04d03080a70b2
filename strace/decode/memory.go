package decode

import (
	"bytes"
	"encoding/binary"

	"github.com/utrace/utrace/syscalls"
)

const (
	// pathMax is PATH_MAX of linux/limits.h: no path that the kernel reads
	// is longer.
	pathMax = 4096
	// elemMax is enough for the largest structure that is read at once.
	elemMax = 1536
)

// read fills buf from the thread's memory, all of it or false.
func (d *Decoder) read(addr uint64, buf []byte) bool {
	if len(buf) == 0 {
		return true
	}
	if !d.within(addr) || addr+uint64(len(buf)) < addr {
		return false
	}
	n, err := d.c.Mem.ReadMemory(addr, buf)
	return err == nil && n == len(buf)
}

// within reports whether the thread can have something at addr. A 32-bit program cannot
// beyond its pointers, which structures have room for (u64_to_user_ptr).
func (d *Decoder) within(addr uint64) bool {
	return d.c.Mem != nil && (d.c.ABI.LongSize == 8 || addr>>32 == 0)
}

// readString reads a string that ends in a NUL into buf, page by page, since
// the page after the string need not exist. It returns the length without the
// NUL, and whether there was one.
func (d *Decoder) readString(addr uint64, buf []byte) (n int, ended, ok bool) {
	const page = 4096
	for n < len(buf) {
		chunk := min(len(buf)-n, page-int((addr+uint64(n))%page))
		part, whole := d.readPart(addr+uint64(n), buf[n:n+chunk])
		if i := bytes.IndexByte(part, 0); i >= 0 {
			if m, ok := d.c.Mem.(StringMemory); ok {
				m.Used(i + 1)
			}
			return n + i, true, true
		}
		if !whole {
			return n, false, false
		}
		n += chunk
	}
	return n, false, true
}

// readPart fills buf as far as the memory can be read.
func (d *Decoder) readPart(addr uint64, buf []byte) (part []byte, whole bool) {
	if !d.within(addr) {
		return nil, false
	}
	n, err := d.c.Mem.ReadMemory(addr, buf)
	n = min(max(n, 0), len(buf))
	return buf[:n], err == nil && n == len(buf)
}

// visible reports whether what addr points to is to be printed; if not, it
// prints the address. After a failed call nothing has been written there.
func (d *Decoder) visible(addr uint64) bool {
	if addr == 0 || d.opaque || d.exiting && d.c.IsError {
		d.addr(addr)
		return false
	}
	return true
}

// fetch reads a structure into the element buffer. It prints the address and
// returns false if there is nothing to print.
func (d *Decoder) fetch(addr uint64, size int) (fields, bool) {
	if !d.visible(addr) {
		return fields{}, false
	}
	f, ok := d.peek(addr, size)
	if !ok {
		d.addr(addr)
	}
	return f, ok
}

// fetchBothWays is fetch for what is printed at the entry and, behind an arrow, as the call
// has left it, unless that has failed.
func (d *Decoder) fetchBothWays(addr uint64, size int) (f fields, ok bool) {
	if d.exiting {
		if d.c.IsError {
			return f, false
		}
		d.s(" => ")
	}
	return d.fetch(addr, size)
}

// peek reads a structure into the element buffer, and prints nothing. One that is too
// large for it goes where strings are read, so that it has to be printed before them.
func (d *Decoder) peek(addr uint64, size int) (fields, bool) {
	buf := d.elem[:min(size, elemMax)]
	if size > elemMax {
		buf = d.buffer(size)
	}
	if !d.read(addr, buf) {
		return fields{}, false
	}
	return d.fields(buf), true
}

// fields returns the fields of a structure that has been read.
func (d *Decoder) fields(buf []byte) fields {
	return fields{buf: buf, long: d.long(), klong: d.kernelLong(), align8: d.align64(), big: d.c.ABI.BigEndian}
}

// long is the size of a pointer, a size_t and the C library's long.
func (d *Decoder) long() int { return d.c.ABI.LongSize }

// kernelLong is the size of __kernel_long_t, which is wider than long in x32.
func (d *Decoder) kernelLong() int { return d.c.ABI.WordSize }

// align64 is the alignment of a 64-bit field: i386 aligns it to 4,
// arm, the other 32-bit machine here, to 8.
func (d *Decoder) align64() int {
	if d.c.ABI == syscalls.ARM {
		return 8
	}
	return d.c.ABI.WordSize
}

// bySize returns the size of a structure in the memory of the call's ABI.
func (d *Decoder) bySize(size64, size32 int) int {
	if d.c.ABI.WordSize == 4 {
		return size32
	}
	return size64
}

// fields is a cursor over a structure's fields in the order of their
// declaration. It aligns each as the ABI's C compiler does. Reading past the
// end yields zeros, so a short structure needs no checks.
type fields struct {
	buf    []byte
	off    int
	long   int
	klong  int
	align8 int
	big    bool
	// given is how much of the structure the program knows; ended says that members
	// follow for which that is too little.
	given int
	ended bool
}

func (f *fields) order() binary.ByteOrder {
	if f.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (f *fields) next(size, align int) []byte {
	f.off = (f.off + align - 1) &^ (align - 1)
	end := f.off + size
	if end > len(f.buf) {
		f.off = end
		return zeros[:size]
	}
	b := f.buf[f.off:end]
	f.off = end
	return b
}

var zeros [8]byte

func (f *fields) u8() uint64  { return uint64(f.next(1, 1)[0]) }
func (f *fields) u16() uint64 { return uint64(f.order().Uint16(f.next(2, 2))) }
func (f *fields) u32() uint64 { return uint64(f.order().Uint32(f.next(4, 4))) }
func (f *fields) u64() uint64 { return f.order().Uint64(f.next(8, f.align8)) }
func (f *fields) i32() int64  { return int64(int32(f.u32())) }
func (f *fields) i64() int64  { return int64(f.u64()) }

// size reads a size_t, a C library long or a pointer.
func (f *fields) size() uint64 {
	if f.long == 4 {
		return f.u32()
	}
	return f.u64()
}

// kulong and klongs read a __kernel_ulong_t and a __kernel_long_t.
func (f *fields) kulong() uint64 {
	if f.klong == 4 {
		return f.u32()
	}
	return f.u64()
}

func (f *fields) klongs() int64 {
	if f.klong == 4 {
		return f.i32()
	}
	return f.i64()
}

// raw returns the next n bytes, fewer at the end of the structure.
func (f *fields) raw(n int) []byte {
	start := min(f.off, len(f.buf))
	end := min(start+n, len(f.buf))
	f.off = end
	return f.buf[start:end]
}

func (f *fields) skip(n int) { f.off += n }
