package decode_test

import (
	"io"
	"math/rand/v2"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// noise is memory in which everything can be found, and which changes under
// the reader. One page in eight cannot be read.
type noise struct{ r *rand.Rand }

func (m noise) ReadMemory(addr uint64, buf []byte) (int, error) {
	if addr/4096%8 == 7 || addr < 4096 {
		return 0, io.ErrUnexpectedEOF
	}
	for i := range buf {
		if m.r.IntN(3) == 0 {
			buf[i] = byte(m.r.Uint32())
		} else {
			buf[i] = 0
		}
	}
	return len(buf), nil
}

// FuzzDecode prints calls with any number, arguments and result over noise.
// Nothing that a thread says may crash the decoder, keep it busy or make it
// write without bound.
func FuzzDecode(f *testing.F) {
	abis := []*syscalls.ABI{syscalls.X86_64, syscalls.I386, syscalls.X32, syscalls.ARM64, syscalls.S390X}
	for abi := range abis {
		for nr := range uint64(480) {
			f.Add(uint8(abi), nr, nr*0x1003, uint64(0x1000)<<(nr%40), int64(nr)-20)
		}
	}
	f.Add(uint8(0), uint64(307), uint64(569761), uint64(1<<31), int64(226)) // messages of vectors, all long
	const ioctl = 16
	for i, request := range decode.Requests() {
		if i%4 != 0 {
			continue // the order is a new one each time
		}
		f.Add(uint8(0), uint64(ioctl), request, uint64(0x10000), int64(i%3-1))
	}
	for cmd := range uint64(40) {
		for _, nr := range []uint64{321, 250, 179, 427} { // bpf, keyctl, quotactl, io_uring_register
			f.Add(uint8(0), nr, cmd, uint64(0x10000), int64(0))
		}
	}
	f.Fuzz(func(t *testing.T, abi uint8, nr, a, b uint64, result int64) {
		r := rand.New(rand.NewPCG(nr, a))
		for _, opts := range []decode.Options{
			{Netlink: func(int, int32) (int, bool) { return int(a % 22), true }}, {Full: syscalls.All(), Xlat: decode.XlatVerbose}, {Raw: syscalls.All()},
			{Opaque: syscalls.All(), Hex: decode.HexAll, StrSize: 5, Xlat: decode.XlatRaw},
		} {
			d := decode.New(opts)
			c := &decode.Call{ABI: abis[int(abi)%len(abis)], Nr: nr, Mem: noise{r}}
			for i := range c.Args {
				c.Args[i] = []uint64{a, b, a ^ b, a + b, b * 3, uint64(r.IntN(64))}[r.IntN(6)]
			}
			buf := d.Entry(nil, c)
			c.Result, c.IsError = result, result < 0
			if c.IsError {
				c.Result = -result
			}
			buf = d.Exit(buf, c)
			buf = d.Result(append(buf, " = "...), c)
			if len(buf) > 64<<20 {
				t.Errorf("%d bytes for one call", len(buf))
			}
		}
	})
}

// TestNoAllocation holds the common calls to none: every stop prints one.
func TestNoAllocation(t *testing.T) {
	d := decode.New(decode.Options{})
	buf := make([]byte, 0, 4096)
	memory := make(fixedMemory, 4096)
	copy(memory, "/etc/passwd")
	for _, name := range []string{"openat", "read", "write", "close", "fstat", "mmap", "rt_sigaction", "futex"} {
		call, _ := syscalls.X86_64.ByName(name)
		c := &decode.Call{ABI: syscalls.X86_64, Nr: uint64(call.Number), Mem: memory}
		n := testing.AllocsPerRun(100, func() {
			c.Args = [6]uint64{3, 0x1000, 16, 8, 0, 0}
			out := d.Entry(buf[:0], c)
			c.Result = 3
			out = d.Exit(out, c)
			d.Result(out, c)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// fixedMemory is a page at 0x1000.
type fixedMemory []byte

func (m fixedMemory) ReadMemory(addr uint64, buf []byte) (int, error) {
	if addr < 0x1000 || addr-0x1000 >= uint64(len(m)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(buf, m[addr-0x1000:])
	if n < len(buf) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}
