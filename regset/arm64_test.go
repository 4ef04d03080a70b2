//go:build linux && arm64

package regset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
)

// call runs the program from a symbol on to its next trap, with values in the first
// registers and the stack pointer at the area.
func (v visit) call(symbol string, args ...uint64) {
	v.t.Helper()
	first := "x"
	if v.abi.WordSize() == 4 {
		first = "r"
	}
	for i, arg := range args {
		v.set(fmt.Sprintf("%s%d", first, i), arg)
	}
	v.set("sp", v.file.symbols["area"])
	v.set("pc", v.file.symbols[symbol])
	v.Run()
}

// goOn runs from behind a trap to the next.
func (v visit) goOn() {
	v.t.Helper()
	v.set("pc", v.get("pc")+4)
	v.Run()
}

// missing skips the test on a machine that has not got a set. The guests have all but
// that of SME, which their kernel is too old for.
func (v visit) missing(note regset.Note) {
	v.t.Helper()
	if _, err := v.Set(note).Active(v); errors.Is(err, regset.ErrNoSuchSet) || errors.Is(err, regset.ErrAbsent) {
		if os.Getenv("UTRACE_GUEST") != "" && note != regset.NoteARMSSVE {
			v.t.Fatal(err)
		}
		v.t.Skip("this kernel has no such set, for the processor or itself: ", err)
	} else if err != nil {
		v.t.Fatal(err)
	}
}

// fill writes all vectors of a set, and returns what.
func (v visit) fill(set *regset.Set, random *rand.Rand) map[string][]byte {
	v.t.Helper()
	written := map[string][]byte{}
	for _, r := range set.Registers {
		if r.Size != 0 {
			continue
		}
		old, err := v.Read(v, r.Name)
		if err != nil {
			v.t.Fatal(err)
		}
		value := make([]byte, len(old))
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		if r.Name == "ffr" { // a prefix of ones; other values are not defined
			clear(value)
			copy(value, []byte{0xff, 0x07})
		}
		if err := v.Write(v, r.Name, value); err != nil {
			v.t.Fatal(err)
		}
		written[r.Name] = value
	}
	return written
}

// seen compares what the program has stored of its vectors and predicates.
func (v visit) seen(prefix string, length int, written map[string][]byte) {
	v.t.Helper()
	if got := binary.LittleEndian.Uint64(v.area(8192+2048, 8)); int(got) != length {
		v.t.Errorf("the program has vectors of %d bytes, want %d", got, length)
	}
	for i := range 32 + 16 + 1 {
		name, at, size := fmt.Sprintf("%sz%d", prefix, i), i*length, length
		switch {
		case i == 48:
			name = prefix + "ffr"
			fallthrough
		case i >= 32:
			size = length / 8
			at = 8192 + (i-32)*size
			if i < 48 {
				name = fmt.Sprintf("%sp%d", prefix, i-32)
			}
		}
		if want, ok := written[name]; ok {
			if got := v.area(at, size); !bytes.Equal(got, want) {
				v.t.Errorf("length %d: the program finds % x in %s, want % x", length, got, name, want)
			}
		}
	}
}

// TestRG4_Scalable: vectors and predicates of each length are seen by the program, and
// the V registers stay when the length changes.
func TestRG4_Scalable(t *testing.T) {
	v := newVisit(t)
	v.missing(regset.NoteARMSVE)
	random := rand.New(rand.NewPCG(4, 5))
	set := v.Set(regset.NoteARMSVE)
	tried := 0
	for length := 16; length <= 256; length *= 2 {
		low, err := v.Read(v, "v7")
		if err != nil {
			t.Fatal(err)
		}
		v.set("sve_vl", uint64(length))
		if got := v.get("sve_vl"); int(got) != length {
			continue // the processor has not got it
		}
		tried++
		if got, err := v.Read(v, "z7"); err != nil || !bytes.Equal(got, append(low, make([]byte, length-16)...)) {
			t.Errorf("length %d: z7 is % x, %v, want v7 % x and zeros", length, got, err, low)
		}
		written := v.fill(set, random)
		for name, want := range written {
			if got, err := v.Read(v, name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("length %d: %s reads % x, %v, want % x", length, name, got, err, want)
			}
		}
		if got, err := v.Read(v, "v7"); err != nil || !bytes.Equal(got, written["z7"][:16]) {
			t.Errorf("length %d: v7 is % x, %v, want the beginning of z7 % x", length, got, err, written["z7"])
		}
		v.call("scalable")
		v.seen("", length, written)
		if err := v.Write(v, "z1", make([]byte, length+1)); !errors.Is(err, regset.ErrValue) {
			t.Errorf("a vector too long: %v", err)
		}
	}
	if tried == 0 {
		t.Error("no length was tried")
	}
	// A system call takes away all but the V registers (Documentation/arch/arm64/sve.rst).
	before, err := v.Read(v, "v9")
	if err != nil {
		t.Fatal(err)
	}
	v.set("x8", unix.SYS_GETPID)
	v.call("call")
	if got, err := v.Read(v, "z9"); err != nil || !bytes.Equal(got[:16], before) || !bytes.Equal(got[16:], make([]byte, len(got)-16)) {
		t.Errorf("after a call z9 is % x, %v, want % x and zeros", got, err, before)
	}
	if got, err := v.Read(v, "p3"); err != nil || !bytes.Equal(got, make([]byte, len(got))) {
		t.Errorf("after a call p3 is % x, %v", got, err)
	}
	buf := make([]byte, 1<<14)
	n, err := set.Get(v, 0, buf)
	if err != nil {
		t.Fatal(err)
	}
	z9, _ := v.Register("z9").AppendTo(nil, buf[:n])
	if err := v.Register("z9").Store(buf[:n], bytes.Repeat([]byte{0x5a}, len(z9))); err != nil {
		t.Fatal(err)
	}
	if err := set.Put(v, 0, buf[:n]); err != nil {
		t.Fatal(err)
	}
	v.call("scalable")
	v.seen("", len(z9), map[string][]byte{"z9": bytes.Repeat([]byte{0x5a}, len(z9))})
}

// TestRG4_Streaming: the registers of SME are there in its modes.
func TestRG4_Streaming(t *testing.T) {
	v := newVisit(t)
	v.missing(regset.NoteARMSSVE)
	for _, name := range []string{"ssve_z0", "za"} {
		if _, err := v.Read(v, name); !errors.Is(err, regset.ErrAbsent) {
			t.Errorf("%s outside its mode: %v, want ErrAbsent", name, err)
		}
	}
	random := rand.New(rand.NewPCG(4, 6))
	v.call("streaming")
	if _, err := v.Read(v, "z0"); !errors.Is(err, regset.ErrAbsent) {
		t.Errorf("z0 in the streaming mode: %v, want ErrAbsent", err)
	}
	written := v.fill(v.Set(regset.NoteARMSSVE), random)
	for name, want := range written {
		if got, err := v.Read(v, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s reads % x, %v, want % x", name, got, err, want)
		}
	}
	delete(written, "ssve_ffr") // no instruction of the mode reads it
	v.goOn()
	v.seen("ssve_", int(v.get("ssve_vl")), written)

	v.call("matrix")
	za := v.fill(v.Set(regset.NoteARMZA), random)["za"]
	if length := int(v.get("za_vl")); len(za) != length*length {
		t.Errorf("za has %d bytes, of vectors of %d", len(za), length)
	}
	v.goOn()
	if got := v.area(0, len(za)); !bytes.Equal(got, za) {
		t.Errorf("the program finds % x, want % x", got, za)
	}

	v.set("tpidr2", 0x123456789abcdef0)
	v.call("second_thread_pointer")
	if got := binary.LittleEndian.Uint64(v.area(0, 8)); got != 0x123456789abcdef0 {
		t.Errorf("the program finds %#x in tpidr2", got)
	}
}

// TestRG4_Keys: what the program signs depends on the key of the instruction and on
// no other.
func TestRG4_Keys(t *testing.T) {
	v := newVisit(t)
	v.missing(regset.NoteARMPACAKeys)
	v.missing(regset.NoteARMPACGKeys)
	names := []string{"apiakey", "apibkey", "apdakey", "apdbkey", "apgakey"}
	random := rand.New(rand.NewPCG(4, 7))
	set := func(name string) {
		key := make([]byte, 16)
		for i := range key {
			key[i] = byte(random.Uint32())
		}
		if err := v.Write(v, name, key); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Read(v, name); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s reads % x, %v, want % x", name, got, err, key)
		}
	}
	signed := func() []byte {
		v.call("sign", v.file.symbols["area"], 42)
		return v.area(0, 40)
	}
	for _, name := range names {
		set(name)
	}
	before := signed()
	if again := signed(); !bytes.Equal(before, again) {
		t.Fatalf("the same is signed as % x and % x", before, again)
	}
	for i, name := range names {
		set(name)
		now := signed()
		for j := range names {
			if same := bytes.Equal(before[8*j:][:8], now[8*j:][:8]); same != (i != j) {
				t.Errorf("with another %s, what the one of %s signs is the same: %v", name, names[j], same)
			}
		}
		before = now
	}
}

// TestRG4_Calls: the program asks the kernel for what else was written.
func TestRG4_Calls(t *testing.T) {
	v := newVisit(t)
	ask := func(option uint64) uint64 {
		v.set("x8", unix.SYS_PRCTL)
		v.call("call", option, 0, 0, 0, 0)
		return binary.LittleEndian.Uint64(v.area(0, 8))
	}
	for _, c := range []struct {
		name   string
		note   regset.Note
		value  uint64
		option uint64
	}{
		{"tag_ctl", regset.NoteARMTaggedAddr, unix.PR_TAGGED_ADDR_ENABLE, unix.PR_GET_TAGGED_ADDR_CTRL},
		{"pac_enabled_keys", regset.NoteARMPACKeys, unix.PR_PAC_APIAKEY | unix.PR_PAC_APDBKEY, unix.PR_PAC_GET_ENABLED_KEYS},
	} {
		if _, err := v.Set(c.note).Active(v); err != nil {
			t.Logf("%s: %v", c.name, err)
			continue
		}
		if old := v.get(c.name); old == c.value {
			t.Errorf("%s is %#x before", c.name, old)
		}
		v.set(c.name, c.value)
		if got := ask(c.option); got != c.value {
			t.Errorf("the program is told %#x of %s, want %#x", got, c.name, c.value)
		}
	}

	v.otherCall("x8", unix.SYS_GETPID, unix.SYS_GETPPID)
}

// otherCall: the call that is made is the one whose number was written last.
func (v visit) otherCall(number string, getpid, getppid uint64) {
	v.t.Helper()
	v.set(number, getpid)
	v.set("sp", v.file.symbols["area"])
	v.set("pc", v.file.symbols["call"])
	if err := ptrace.Syscall(v.TID, 0); err != nil {
		v.t.Fatal(err)
	}
	v.Wait()
	if got := v.get("syscallno"); got != getpid {
		v.t.Errorf("the call is number %d, want %d", got, getpid)
	}
	v.set("syscallno", getppid)
	v.Run()
	if got := binary.LittleEndian.Uint32(v.area(0, 4)); got != uint32(syscall.Getpid()) {
		v.t.Errorf("the program is told %d by the call, want its parent %d", got, syscall.Getpid())
	}
}

// TestRG4_Narrow: debug registers and calls of a 32-bit program.
func TestRG4_Narrow(t *testing.T) {
	for _, abi := range regset.ABIs()[1:] {
		v := visitOf(t, abi)
		v.otherCall("r7", 20, 64) // getpid, getppid of 32-bit arm
		const enableUser = 1 | 2<<1
		at := v.file.symbols["store"] + 8
		v.set("dbg_bp1_addr", at)
		v.set("dbg_bp1_ctrl", enableUser|0xf<<5)
		v.call("store")
		if got := v.get("pc"); got != at {
			t.Errorf("stopped at %#x, want the breakpoint at %#x", got, at)
		}
		v.set("dbg_bp1_ctrl", 0)
		v.set("dbg_wp0_addr", v.file.symbols["area"]+8)
		v.set("dbg_wp0_ctrl", enableUser|2<<3|0xf<<5) // a store to the four bytes there
		v.call("store")
		if got := v.get("pc"); got != at {
			t.Errorf("stopped at %#x, want before the store at %#x", got, at)
		}
		v.set("dbg_wp0_ctrl", 0)
		v.call("store")
		if got := v.get("pc"); got == at {
			t.Errorf("stopped at %#x, where nothing is", got)
		}
	}
}

// TestRG5_BreakEarly: each hardware breakpoint stops the program at its instruction,
// and only there.
func TestRG5_BreakEarly(t *testing.T) {
	v := newVisit(t)
	w := regset.NativeABI().(regset.EarlyWatcher)
	gpr := make([]byte, regset.NativeABI().GeneralSize())
	for slot := range w.WatchSlots() {
		at := v.file.symbols["store"] + 8 + 4*uint64(slot)
		slots := make([]regset.Watch, slot+1)
		slots[slot] = regset.Watch{Kind: regset.WatchExecute, Addr: at, Len: 1}
		if err := w.SetWatches(v, slots); err != nil {
			t.Fatal(err)
		}
		v.call("store")
		if got := v.get("pc"); got != at {
			t.Errorf("slot %d: stopped at %#x, want %#x", slot, got, at)
		}
		if _, err := v.ReadRegset(regset.NotePRStatus, gpr); err != nil {
			t.Fatal(err)
		}
		if hits := w.WatchHits(slots, at, gpr, nil); hits != 1<<slot {
			t.Errorf("slot %d: hits %#b", slot, hits)
		}
		if err := w.SetWatches(v, nil); err != nil {
			t.Fatal(err)
		}
		v.call("store")
		if got := v.get("pc"); got == at {
			t.Errorf("slot %d: stopped at %#x without a breakpoint", slot, got)
		}
	}
}
