//go:build linux && (amd64 || 386)

package regset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// eachMode runs a test with a 64-bit and a 32-bit thread and its own view.
func eachMode(t *testing.T, test func(t *testing.T, p *testtracee.Tracee, v *regset.View)) {
	for _, bits := range []int{64, 32} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			p := testtracee.Start(t, bits)
			test(t, p, view(bits))
		})
	}
}

func view(bits int) *regset.View {
	if bits == 64 {
		return regset.ViewFor(216)
	}
	return regset.ViewFor(68)
}

// gprNames are the general registers in the order in which the tracee stores
// them.
var gprNames = map[int][]string{
	64: {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"},
	32: {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
}

var pcName = map[int]string{64: "rip", 32: "eip"}

func write(t *testing.T, v *regset.View, p *testtracee.Tracee, name string, value uint64) {
	t.Helper()
	if err := v.WriteUint(p, name, value); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, v *regset.View, p *testtracee.Tracee, name string) uint64 {
	t.Helper()
	value, err := v.ReadUint(p, name)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// body sends the tracee to the code that stores the registers.
func body(t *testing.T, v *regset.View, p *testtracee.Tracee) {
	t.Helper()
	write(t, v, p, pcName[p.Bits], p.Body)
}

func TestRG1_SetsAndSizes(t *testing.T) {
	want := map[int]map[regset.Note]int{
		64: {regset.NotePRStatus: 216, regset.NotePRFPReg: 512, regset.NoteDebug: 64},
		32: {regset.NotePRStatus: 68, regset.NotePRFPReg: 108, regset.NotePRXFPReg: 512, regset.NoteTLS: 48, regset.NoteDebug: 32},
	}
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		for note, size := range want[p.Bits] {
			s := v.Set(note)
			if s == nil {
				t.Errorf("%v is not in the view", note)
				continue
			}
			buf := make([]byte, size+64)
			n, err := s.Get(p, 0, buf[:(len(buf))/s.SlotSize*s.SlotSize])
			if n != size || err != nil {
				t.Errorf("%v: %d bytes, %v, want %d", note, n, err, size)
			}
			if n, err := s.Size(p); n != size || err != nil {
				t.Errorf("%v: size %d, %v", note, n, err)
			}
		}
		xstate := v.Set(regset.NoteXState)
		if n, err := xstate.Size(p); err != nil || n < 576 {
			t.Errorf("extended state: %d bytes, %v", n, err)
		}
		// Nobody gave the program an I/O permission map.
		if _, err := v.Set(regset.NoteIOPerm).Size(p); !errors.Is(err, regset.ErrAbsent) || !errors.Is(err, syscall.ENODEV) {
			t.Errorf("I/O permissions: %v, want ENODEV", err)
		}
		if v.Set(0x9999) != nil {
			t.Error("the view has a set that nobody knows")
		}
	})
}

func TestRG1_UnknownToTheKernel(t *testing.T) {
	p := testtracee.Start(t, 64)
	// A 64-bit thread has no FNSAVE area, and the i386 view says so.
	_, err := regset.ViewFor(68).Set(regset.NotePRFPReg).Size(p)
	if err != nil {
		t.Errorf("a fixed size needs no kernel: %v", err)
	}
	_, err = regset.ViewFor(68).Set(regset.NotePRFPReg).Get(p, 0, make([]byte, 108))
	if !errors.Is(err, regset.ErrNoSuchSet) || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("FNSAVE of a 64-bit thread: %v, want EINVAL", err)
	}
	_, err = regset.ViewFor(68).Set(regset.NoteTLS).Get(p, 0, make([]byte, 48))
	if !errors.Is(err, regset.ErrNoSuchSet) {
		t.Errorf("TLS set of a 64-bit thread: %v, want EINVAL", err)
	}
}

func TestRG2_PartialAccess(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		s := v.Sets[0]
		slot, size := s.SlotSize, s.Slots*s.SlotSize
		whole := make([]byte, size)
		if _, err := s.Get(p, 0, whole); err != nil {
			t.Fatal(err)
		}
		for _, r := range []struct{ pos, n int }{{0, slot}, {slot, 2 * slot}, {size - slot, slot}, {size - slot, 3 * slot}, {size, slot}, {0, 0}} {
			buf := make([]byte, r.n)
			n, err := s.Get(p, r.pos, buf)
			want := whole[r.pos:min(r.pos+r.n, size)]
			if err != nil || !bytes.Equal(buf[:n], want) {
				t.Errorf("get %d at %d: %d, %v", r.n, r.pos, n, err)
			}
		}
		for _, r := range []struct {
			pos, n int
			want   error
		}{
			{1, slot, syscall.EINVAL}, {0, slot - 1, syscall.EINVAL}, {slot / 2, slot, syscall.EINVAL},
			{-slot, slot, syscall.EIO}, {size + slot, slot, syscall.EIO},
		} {
			if _, err := s.Get(p, r.pos, make([]byte, r.n)); !errors.Is(err, r.want) {
				t.Errorf("get %d at %d: %v, want %v", r.n, r.pos, err, r.want)
			}
			if err := s.Put(p, r.pos, make([]byte, r.n)); !errors.Is(err, r.want) {
				t.Errorf("put %d at %d: %v, want %v", r.n, r.pos, err, r.want)
			}
		}
		if err := s.Put(p, size-slot, make([]byte, 2*slot)); !errors.Is(err, regset.ErrRange) {
			t.Errorf("put over the end: %v", err)
		}
		now := make([]byte, size)
		if _, err := s.Get(p, 0, now); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("a refused write changed something (%v)", err)
		}
		// One slot is written and its neighbours are not.
		at, _ := v.Register(gprNames[p.Bits][1]).Offset()
		copy(whole[at:], "abcd")
		if err := s.Put(p, at, whole[at:at+slot]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(p, 0, now); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("after a write of one slot:\n got %x\nwant %x (%v)", now, whole, err)
		}
		if err := v.Set(regset.NoteIOPerm).Put(p, 0, make([]byte, 8)); !errors.Is(err, syscall.EOPNOTSUPP) {
			t.Errorf("write of a read-only set: %v", err)
		}
	})
}

func TestRG3_ForbiddenBits(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		// A code segment of the kernel's privilege level.
		if err := v.WriteUint(p, "cs", 0x10); !errors.Is(err, syscall.EIO) {
			t.Errorf("cs of level 0: %v, want EIO", err)
		}
		// IOPL, VM and IF are kept as they are, the others are taken.
		flags := read(t, v, p, "eflags")
		write(t, v, p, "eflags", flags^(3<<12|1<<17|1<<9|1<<0))
		if got := read(t, v, p, "eflags"); got != flags^1 {
			t.Errorf("flags %#x became %#x, want only carry to change", flags, got)
		}
		if p.Bits == 64 {
			if err := v.WriteUint(p, "fs_base", 1<<63); !errors.Is(err, syscall.EIO) {
				t.Errorf("fs base in the kernel's half: %v, want EIO", err)
			}
		}
		if err := v.WriteUint(p, "mxcsr", 0x80000000|0x1f80); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("reserved bits of mxcsr: %v, want EINVAL", err)
		}
		if err := v.WriteUint(p, gprNames[32][0], 1<<32); !errors.Is(err, syscall.EIO) && !errors.Is(err, regset.ErrNoSuchRegister) {
			t.Errorf("a value that is too long: %v", err)
		}
		if _, err := v.Read(p, "r99"); !errors.Is(err, regset.ErrNoSuchRegister) || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("a name that is none: %v", err)
		}
		if err := v.Write(p, "eflags", nil); !errors.Is(err, regset.ErrValue) {
			t.Errorf("a value that is too short: %v", err)
		}
	})
}

func TestRG4_RoundTrip(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		random := rand.New(rand.NewPCG(1, uint64(p.Bits)))
		fill := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			return b
		}
		want := map[string][]byte{}
		set := func(name string, value []byte) {
			t.Helper()
			if err := v.Write(p, name, value); err != nil {
				t.Fatal(err)
			}
			want[name] = value
		}
		for i, name := range gprNames[p.Bits] {
			if i != 4 {
				set(name, fill(p.Bits/8))
			}
		}
		write(t, v, p, gprNames[p.Bits][4], testtracee.StackTop)
		write(t, v, p, "eflags", 0x202|1|1<<6|1<<11)
		if p.Bits == 64 {
			write(t, v, p, "fs_base", 0x123456789000)
			write(t, v, p, "gs_base", 0x7000)
		}
		set("fctrl", append([]byte{0x7f, 0x02}, make([]byte, v.Register("fctrl").Size-2)...))
		set("mxcsr", []byte{0x80, 0x3f, 0, 0})
		for i := range 8 {
			set(fmt.Sprintf("st%d", i), append(fill(7), 0x80, 0x12, 0x40)) // a normal number
		}
		vectors := map[int]string{16: "xmm%d", 32: "ymm%d", 64: "zmm%d"}
		width := max(testtracee.VectorSize(), 16)
		for i := range testtracee.VectorCount(p.Bits) {
			set(fmt.Sprintf(vectors[width], i), fill(width))
		}
		if width == 64 && p.Bits == 64 {
			for i := range 8 {
				set(fmt.Sprintf("k%d", i), fill(8))
			}
		}
		for name, value := range want {
			if got, err := v.Read(p, name); err != nil || !bytes.Equal(got, value) {
				t.Errorf("%s reads %x, %v, want %x", name, got, err, value)
			}
		}
		body(t, v, p)
		p.Run()
		got := p.Result()
		for i, name := range gprNames[p.Bits] {
			if b := want[name]; b != nil && got.GPR[i] != le(b) {
				t.Errorf("the program sees %s %#x, want %#x", name, got.GPR[i], le(b))
			}
		}
		if got.GPR[4] != testtracee.StackTop || got.Flags&^0x10000 != 0x202|1|1<<6|1<<11 {
			t.Errorf("the program sees sp %#x, flags %#x", got.GPR[4], got.Flags)
		}
		if p.Bits == 64 && (got.FSBase != 0x123456789000 || got.GSBase != 0x7000) {
			t.Errorf("the program sees segment bases %#x, %#x", got.FSBase, got.GSBase)
		}
		if got.FX[0] != 0x7f || got.FX[1] != 2 || le(got.FX[24:28]) != 0x3f80 {
			t.Errorf("the program sees fcw %x, mxcsr %x", got.FX[:2], got.FX[24:28])
		}
		for i := range 8 {
			if name := fmt.Sprintf("st%d", i); !bytes.Equal(got.FX[32+16*i:][:10], want[name]) {
				t.Errorf("the program sees %s %x, want %x", name, got.FX[32+16*i:][:10], want[name])
			}
		}
		for i := range testtracee.VectorCount(p.Bits) {
			name := fmt.Sprintf(vectors[width], i)
			seen := got.Vectors[i][:]
			if testtracee.VectorSize() == 0 {
				seen = got.FX[160+16*i:]
			}
			if !bytes.Equal(seen[:width], want[name]) {
				t.Errorf("the program sees %s %x, want %x", name, seen[:width], want[name])
			}
		}
		for i := range 8 {
			if b := want[fmt.Sprintf("k%d", i)]; b != nil && got.Masks[i] != le(b) {
				t.Errorf("the program sees k%d %#x, want %x", i, got.Masks[i], b)
			}
		}
	})
}

func le(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint64(w[:])
}

func TestRG4_InitialState(t *testing.T) {
	if testtracee.VectorSize() == 0 {
		t.Log("no AVX on this machine: there is no component whose initial state could be shown")
		return
	}
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		s := v.Set(regset.NoteXState)
		value := bytes.Repeat([]byte{0xa5}, 16)
		if err := v.Write(p, "ymm3h", value); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Active(p); n == 0 || err != nil {
			t.Errorf("in use: %d slots, %v", n, err)
		}
		size, err := s.Size(p)
		if err != nil {
			t.Fatal(err)
		}
		area := make([]byte, size)
		if _, err := s.Get(p, 0, area); err != nil {
			t.Fatal(err)
		}
		if area[512]&4 == 0 {
			t.Errorf("XSTATE_BV %x does not say that there is AVX state", area[512:520])
		}
		// Take everything back by the header alone, without clearing the data.
		clear(area[512:520])
		if err := s.Put(p, 0, area); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Read(p, "ymm3h"); err != nil || !bytes.Equal(got, make([]byte, 16)) {
			t.Errorf("ymm3h reads %x, %v in its initial state", got, err)
		}
		if got := read(t, v, p, "fctrl"); got&0xffff != 0x37f {
			t.Errorf("fctrl reads %#x in its initial state", got)
		}
		if n, err := s.Active(p); n != 0 || err != nil {
			t.Errorf("not in use: %d slots, %v", n, err)
		}
	})
}

func TestThreadGone(t *testing.T) {
	p := testtracee.Start(t, 64)
	unix.Kill(p.TID, unix.SIGKILL)
	// The kill ends the stop, at once or while the first requests are made.
	for range 1000 {
		if _, err := view(64).Read(p, "rax"); err != nil {
			if !errors.Is(err, syscall.ESRCH) {
				t.Errorf("read of a killed thread: %v, want ESRCH", err)
			}
			return
		}
	}
	t.Error("a killed thread can be read")
}

func TestNoAllocation(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		s := v.Sets[0]
		buf := make([]byte, s.Slots*s.SlotSize)
		abi, err := regset.ABIFor(len(buf), 0)
		if err != nil {
			t.Fatal(err)
		}
		var tr regset.Transport = p
		if n := testing.AllocsPerRun(100, func() {
			s.Get(tr, 0, buf)
			abi.SetResult(buf, abi.Result(buf)+int64(abi.Arg(buf, 2)))
			abi.Skip(buf, -1)
			abi.Restart(buf)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkGeneral(b *testing.B) {
	for _, bits := range []int{64, 32} {
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			p := testtracee.Start(b, bits)
			s := view(bits).Sets[0]
			buf := make([]byte, s.Slots*s.SlotSize)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(p, 0, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRegisterByName(b *testing.B) {
	p := testtracee.Start(b, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := view(64).ReadUint(p, "rip"); err != nil {
			b.Fatal(err)
		}
	}
}
