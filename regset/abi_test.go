package regset

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
)

// fullSet gives a general set in which every word is different.
func fullSet(a *x86ABI) []byte {
	gpr := make([]byte, a.GeneralSize())
	for i := range gpr {
		gpr[i] = byte(i*7 + 1)
	}
	return gpr
}

func TestABIAccess(t *testing.T) {
	for _, a := range []*x86ABI{x86_64ABI, i386ABI, int80ABI} {
		t.Run(a.Name(), func(t *testing.T) {
			gpr := fullSet(a)
			mask := ^uint64(0) >> (64 - 8*a.WordSize())
			const value = 0x8123456789abcdef
			seen := map[int]string{}
			check := func(name string, word int, set func(uint64), get func() uint64) {
				t.Helper()
				if other, ok := seen[word]; ok {
					t.Errorf("%s and %s are the same register", name, other)
				}
				seen[word] = name
				before := fullSet(a)
				copy(gpr, before)
				set(value & mask)
				if got := get(); got != value&mask {
					t.Errorf("%s is %#x, want %#x", name, got, value&mask)
				}
				for i := range gpr {
					if inside := i/a.slot == word; !inside && gpr[i] != before[i] {
						t.Errorf("%s changes byte %d", name, i)
					}
				}
			}
			check("number", a.number, func(v uint64) { a.SetSyscallNumber(gpr, v) }, func() uint64 { return a.SyscallNumber(gpr) })
			check("result", a.result, func(v uint64) { a.SetResult(gpr, int64(v)) }, func() uint64 { return uint64(a.Result(gpr)) & mask })
			for i := range 6 {
				check("argument", a.args[i], func(v uint64) { a.SetArg(gpr, i, v) }, func() uint64 { return a.Arg(gpr, i) })
			}
			copy(gpr, fullSet(a))
			a.SetPC(gpr, 0x1234)
			a.SetSP(gpr, 0x5678)
			if a.PC(gpr) != 0x1234 || a.SP(gpr) != 0x5678 {
				t.Errorf("pc %#x, sp %#x", a.PC(gpr), a.SP(gpr))
			}
		})
	}
}

func TestABISyscalls(t *testing.T) {
	for _, a := range []*x86ABI{x86_64ABI, i386ABI, int80ABI} {
		t.Run(a.Name(), func(t *testing.T) {
			none := ^uint64(0) >> (64 - 8*a.WordSize())
			gpr := fullSet(a)
			a.Skip(gpr, -int64(syscall.EPERM))
			if a.SyscallNumber(gpr) != none || a.Result(gpr) != -1 {
				t.Errorf("skipped: number %#x, result %d", a.SyscallNumber(gpr), a.Result(gpr))
			}
			if a.slot == 8 && binary.LittleEndian.Uint64(gpr[8*wOrigRAX:]) != ^uint64(0) {
				t.Error("the number is not -1 in all bits of the register")
			}
			a.SetSyscallNumber(gpr, 232)
			a.SetResult(gpr, -int64(syscall.EINTR))
			a.SetPC(gpr, 0x1002)
			a.Restart(gpr)
			if a.SyscallNumber(gpr) != none || a.Result(gpr) != 232 || a.PC(gpr) != 0x1000 {
				t.Errorf("restarted: number %#x, result %d, pc %#x", a.SyscallNumber(gpr), a.Result(gpr), a.PC(gpr))
			}
			if a.BreakpointPC(0x1001) != 0x1000 || len(a.BreakpointInsn()) != 1 {
				t.Error("a breakpoint has one byte, and the pc is behind it")
			}
		})
	}
	for code, want := range map[string]bool{"\x0f\x05": true, "\x0f\x34\x90": true, "\xcd\x80": true, "\xcd\x03": false, "\x0f": false, "": false} {
		if n, ok := x86_64ABI.IsSyscallInsn([]byte(code)); ok != want || ok && n != 2 {
			t.Errorf("%x: %d, %v", code, n, ok)
		}
	}
}

func TestABIFor(t *testing.T) {
	type form struct {
		size int
		arch uint32
		want ABI
	}
	x86 := []form{
		{216, 0, x86_64ABI}, {216, AuditX86_64, x86_64ABI}, {216, AuditI386, int80ABI},
		{68, 0, i386ABI}, {68, AuditI386, i386ABI},
	}
	for _, c := range map[string][]form{
		"amd64": x86, "386": x86,
		"arm64":   {{272, 0, arm64ABI}, {272, AuditARM64, arm64ABI}, {72, 0, armABI}},
		"ppc64le": {{384, 0, ppc64leABI}}, "riscv64": {{256, 0, riscv64ABI}}, "s390x": {{216, 0, s390xABI}},
	}[runtime.GOARCH] {
		if got, err := ABIFor(c.size, c.arch); got != c.want || err != nil {
			t.Errorf("%d bytes, arch %#x: %v, %v", c.size, c.arch, got, err)
		}
	}
	for _, size := range []int{0, 64, 1000} {
		if got, err := ABIFor(size, 0); got != nil || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%d bytes: %v, %v", size, got, err)
		}
		if ViewFor(size) != nil {
			t.Errorf("%d bytes have a view", size)
		}
	}
	if NativeABI() != ABIs()[0] || Native() != NativeABI().View() {
		t.Error("the native ABI is not the first")
	}
}

func TestTables(t *testing.T) {
	for _, v := range []*View{x86_64View, i386View, arm64View, armView} {
		dwarf, names := map[int]string{}, map[string]*Set{}
		for _, s := range v.Sets {
			if v.Set(s.Note) != s || s.SlotSize == 0 {
				t.Errorf("%s: %s: bad note or slot", v.Name, s.Name)
			}
			owner := map[int]string{}
			for i := range s.Registers {
				r := &s.Registers[i]
				if r.Set() != s || r.Size == 0 && r.where[0].size != 0 {
					t.Errorf("%s: %s has no place", v.Name, r.Name)
				}
				if names[r.Name] == s {
					t.Errorf("%s: two registers %s in %s", v.Name, r.Name, s.Name)
				}
				first := names[r.Name] == nil
				names[r.Name] = s
				if other, ok := dwarf[r.DWARF]; ok && r.DWARF >= 0 && first {
					t.Errorf("%s: %s and %s are both DWARF register %d", v.Name, r.Name, other, r.DWARF)
				}
				dwarf[r.DWARF] = r.Name
				at, ok := r.Offset()
				if !ok {
					continue
				}
				if s.Slots != 0 && at+r.Size > s.Slots*s.SlotSize {
					t.Errorf("%s: %s ends beyond its set", v.Name, r.Name)
				}
				for b := at; b < at+r.Size && s.Note != NoteXState; b++ {
					if owner[b] != "" {
						t.Errorf("%s: %s and %s overlap", v.Name, r.Name, owner[b])
					}
					owner[b] = r.Name
				}
			}
		}
		for name := range names {
			if v.Register(name) == nil {
				t.Errorf("%s: %s is not found", v.Name, name)
			}
		}
	}
	for name, want := range map[string]int{"rip": 16, "xmm15": 32, "st7": 40, "eflags": 49, "mxcsr": 64, "xmm31": 82} {
		if r := x86_64View.Register(name); r == nil || r.DWARF != want {
			t.Errorf("x86_64 %s is not DWARF register %d", name, want)
		}
	}
	for name, want := range map[string]int{"eip": 8, "st7": 18, "xmm7": 28, "mxcsr": 39, "gs": 45} {
		if r := i386View.Register(name); r == nil || r.DWARF != want {
			t.Errorf("i386 %s is not DWARF register %d", name, want)
		}
	}
}

// noise answers every request with bytes and lengths by chance.
type noise struct{ *rand.Rand }

func (n noise) ReadRegset(_ Note, buf []byte) (int, error) {
	if n.IntN(8) == 0 {
		return 0, []error{syscall.EINVAL, syscall.ESRCH, syscall.ENXIO}[n.IntN(3)]
	}
	size := min(len(buf), []int{0, 68, 108, 216, 512, 600, 2432, len(buf)}[n.IntN(8)])
	for i := range size {
		buf[i] = byte(n.Uint32())
	}
	return size, nil
}
func (n noise) WriteRegset(Note, []byte) error       { return nil }
func (n noise) PeekUser(uintptr) (uint64, error)     { return n.Uint64(), nil }
func (n noise) PokeUser(off uintptr, v uint64) error { return nil }

func TestNoise(t *testing.T) {
	tr := noise{rand.New(rand.NewPCG(1, 2))}
	for range 20 {
		for _, v := range []*View{x86_64View, i386View, arm64View, armView} {
			for _, s := range v.Sets {
				s.Active(tr)
				s.Put(tr, s.SlotSize*max(s.Slots-1, 0), make([]byte, s.SlotSize))
				for i := range s.Registers {
					r := &s.Registers[i]
					if b, err := v.Read(tr, r.Name); err == nil && r.Size != 0 && len(b) != v.Register(r.Name).Size {
						t.Errorf("%s has %d bytes", r.Name, len(b))
					}
					v.Write(tr, r.Name, make([]byte, r.Size))
				}
			}
		}
	}
}
