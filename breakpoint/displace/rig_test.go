//go:build linux && (amd64 || 386)

package displace_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/breakpoint/displace"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// What the rig maps into the tracee. Code is surrounded by int3, so that it
// runs without a step and comes back wherever it leads. No sum of one of these
// addresses and another times 2, 4 or 8 is, in 32 bits, near the program
// itself, whose memory the rig does not put back.
const (
	codePage  = 0x2c000000
	home      = codePage + 0x800
	dataPage  = codePage + 0x2000 // two pages that cannot be executed
	dataSize  = 0x2000
	stackPage = codePage + 0x6000
	stackTop  = stackPage + 0x800
	nearSlot  = codePage + 0x100000
	farSlot   = 0x600000000000 // too far for a displacement
)

// rig executes single instructions in a tracee, at home and displaced.
type rig struct {
	*testing.T
	p     *testtracee.Tracee
	mode  displace.Mode
	abi   regset.ABI
	plain []byte // general registers to start from
	xs    []byte // extended state to start from
	word  int
	at    map[string]int // registers in the general set
	slots []uint64
}

// state is all that an instruction can change.
type state struct {
	gpr, xs, mem []byte
	signal       syscall.Signal
	where        uint64 // si_addr
	done         bool
}

func newRig(t *testing.T, mode displace.Mode) *rig {
	bits := 64
	if mode == displace.I386 {
		bits = 32
	}
	r := &rig{T: t, mode: mode, p: testtracee.Start(t, bits), word: bits / 8, at: map[string]int{}, slots: []uint64{nearSlot}}
	far := bits == 64 && strconv.IntSize == 64 // a 32-bit tracer cannot reach it
	if far {
		r.slots = append(r.slots, farSlot)
	}
	// An instruction that never comes back must not keep the test waiting.
	watchdog := time.AfterFunc(time.Minute, func() { syscall.Kill(r.p.TID, syscall.SIGKILL) })
	t.Cleanup(func() { watchdog.Stop() })

	r.plain = r.regset(regset.NotePRStatus)
	r.xs = r.regset(regset.NoteXState)
	abi, err := regset.ABIFor(len(r.plain), 0)
	if err != nil {
		t.Fatal(err)
	}
	r.abi = abi
	for _, x := range abi.View().Sets[0].Registers {
		r.at[x.Name], _ = x.Offset()
	}
	if bits == 32 {
		// A program without PT_GNU_STACK can execute all that it can read
		// (READ_IMPLIES_EXEC), also what it maps later.
		r.call(136, 0) // personality
	}
	for _, m := range []struct {
		addr uint64
		size int
		prot int
	}{
		{codePage, 0x1000, unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC},
		{dataPage, dataSize, unix.PROT_READ | unix.PROT_WRITE},
		{stackPage, 0x1000, unix.PROT_READ | unix.PROT_WRITE},
		{nearSlot, 0x1000, unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC},
	} {
		r.mmap(m.addr, m.size, m.prot)
	}
	if far {
		r.mmap(farSlot, 0x1000, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC)
	}
	return r
}

// mmap has the tracee map memory.
func (r *rig) mmap(addr uint64, size, prot int) {
	r.Helper()
	nr := 9
	if r.word == 4 {
		nr = 192 // mmap2
	}
	if got := r.call(nr, addr, uint64(size), uint64(prot), unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED, ^uint64(0), 0); got != addr {
		r.Fatalf("mmap in the tracee gives %#x", got)
	}
}

// call has the tracee make a system call.
func (r *rig) call(nr int, args ...uint64) uint64 {
	r.Helper()
	gpr := bytes.Clone(r.plain)
	code := []byte{0x0f, 0x05}
	if r.word == 4 {
		code = []byte{0xcd, 0x80}
	}
	for i, v := range args {
		r.abi.SetArg(gpr, i, v)
	}
	r.abi.SetResult(gpr, int64(nr))
	r.abi.SetPC(gpr, r.p.Target)
	r.write(r.p.Target, code)
	r.setGPR(gpr)
	r.p.Step()
	return uint64(r.abi.Result(r.regset(regset.NotePRStatus)))
}

func (r *rig) regset(note regset.Note) []byte {
	r.Helper()
	buf := make([]byte, 1<<14)
	n, err := r.p.ReadRegset(note, buf)
	if err != nil {
		r.Fatal(err)
	}
	return buf[:n]
}

func (r *rig) setGPR(gpr []byte) {
	r.Helper()
	if err := r.p.WriteRegset(regset.NotePRStatus, gpr); err != nil {
		r.Fatal(err)
	}
}

// ReadMemory and WriteMemory make the rig a displace.Memory.
func (r *rig) ReadMemory(addr uint64, p []byte) (int, error) {
	return ptrace.Read(r.p.TID, uintptr(addr), p)
}

func (r *rig) WriteMemory(addr uint64, p []byte) (int, error) {
	local := []unix.Iovec{{Base: &p[0]}}
	local[0].SetLen(len(p))
	return ptrace.WriteV(r.p.TID, local, []unix.RemoteIovec{{Base: uintptr(addr), Len: len(p)}})
}

func (r *rig) write(addr uint64, p []byte) {
	r.Helper()
	if n, err := r.WriteMemory(addr, p); n != len(p) {
		r.Fatalf("write %d bytes at %#x: %d, %v", len(p), addr, n, err)
	}
}

func (r *rig) set(gpr []byte, name string, v uint64) {
	at, ok := r.at[name]
	switch {
	case !ok:
		r.Fatalf("no register %s", name)
	case r.word == 4:
		binary.LittleEndian.PutUint32(gpr[at:], uint32(v))
	default:
		binary.LittleEndian.PutUint64(gpr[at:], v)
	}
}

func (r *rig) get(gpr []byte, name string) uint64 {
	at := r.at[name]
	if r.word == 4 {
		return uint64(binary.LittleEndian.Uint32(gpr[at:]))
	}
	return binary.LittleEndian.Uint64(gpr[at:])
}

// names of the general registers that instructions work on.
func (r *rig) names() []string {
	if r.word == 4 {
		return []string{"eax", "ecx", "edx", "ebx", "ebp", "esi", "edi"}
	}
	return []string{"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
}

// start makes up a state to execute code from, and leaves it to change.
func (r *rig) start(rng *rand.Rand, code []byte) *state {
	s := &state{gpr: bytes.Clone(r.plain), xs: bytes.Clone(r.xs), mem: make([]byte, 0x1000+dataSize+0x1000)}
	for _, name := range r.names() {
		v := rng.Uint64()&^0xe0000000 | 0x80000000 // nothing is mapped there in 32 bits
		switch n := rng.IntN(10); {
		case n < 7:
			v = dataPage + rng.Uint64N(dataSize-64)&^63
		case n < 9:
			v = rng.Uint64N(64)
		}
		r.set(s.gpr, name, v)
	}
	sp, _ := r.stackRegister()
	r.set(s.gpr, sp, stackTop)
	r.set(s.gpr, "eflags", 0x202|rng.Uint64()&0x8d5|rng.Uint64()&0x400)
	r.abi.SetSyscallNumber(s.gpr, ^uint64(0))
	for i := range s.xs[160:416] { // xmm
		s.xs[160+i] = byte(rng.Uint32())
	}
	s.xs[512] |= 3 // so that they count
	for i := range s.mem {
		s.mem[i] = byte(rng.Uint32())
	}
	// Some words lead back to code.
	for i := 0x1000; i < len(s.mem); i += 64 {
		binary.LittleEndian.PutUint64(s.mem[i:], codePage+rng.Uint64N(0x700))
	}
	binary.LittleEndian.PutUint64(s.mem[0x1000+dataSize+stackTop-stackPage:], codePage+rng.Uint64N(0x700))
	for i := range 0x1000 {
		s.mem[i] = 0xcc
	}
	copy(s.mem[home-codePage:], code)
	return s
}

func (r *rig) stackRegister() (sp, pc string) {
	if r.word == 4 {
		return "esp", "eip"
	}
	return "rsp", "rip"
}

// load brings the tracee into a state.
func (r *rig) load(s *state) {
	r.Helper()
	r.write(codePage, s.mem[:0x1000])
	r.write(dataPage, s.mem[0x1000:][:dataSize])
	r.write(stackPage, s.mem[0x1000+dataSize:])
	if err := r.p.WriteRegset(regset.NoteXState, s.xs); err != nil {
		r.Fatal(err)
	}
	r.setGPR(s.gpr)
}

// save reads the state that the tracee is in.
func (r *rig) save(s *state) {
	r.Helper()
	s.gpr, s.xs = r.regset(regset.NotePRStatus), r.regset(regset.NoteXState)
	s.mem = make([]byte, 0x1000+dataSize+0x1000)
	r.ReadMemory(codePage, s.mem[:0x1000])
	r.ReadMemory(dataPage, s.mem[0x1000:][:dataSize])
	r.ReadMemory(stackPage, s.mem[0x1000+dataSize:])
}

// atHome executes the instruction without steps and without our help.
func (r *rig) atHome(from *state) *state {
	r.Helper()
	r.setPC(from.gpr, home)
	r.load(from)
	if err := ptrace.Cont(r.p.TID, 0); err != nil {
		r.Fatal(err)
	}
	s := &state{signal: r.p.Wait()}
	r.save(s)
	pc := r.abi.PC(s.gpr)
	if inCode := pc > codePage && pc <= codePage+0x1000; s.signal == syscall.SIGTRAP && inCode {
		pc-- // the int3
		r.setPC(s.gpr, pc)
	}
	s.done = pc != home
	s.where = r.faultAddr()
	return s
}

func (r *rig) setPC(gpr []byte, pc uint64) { r.abi.SetPC(gpr, pc) }

// displaced executes it in a slot.
func (r *rig) displaced(from *state, step *displace.Step, slot uint64) *state {
	r.Helper()
	r.setPC(from.gpr, home)
	r.load(from)
	r.write(slot, step.Code())
	s := &state{gpr: bytes.Clone(from.gpr)}
	var trip displace.Trip
	for range 1000 {
		if err := step.Before(s.gpr, &trip); err != nil {
			r.Fatal(err)
		}
		r.setGPR(s.gpr)
		if err := ptrace.SingleStep(r.p.TID, 0); err != nil {
			r.Fatal(err)
		}
		s.signal = r.p.Wait()
		s.gpr = r.regset(regset.NotePRStatus)
		var err error
		s.done, err = step.After(s.gpr, r, &trip)
		if err != nil {
			r.Fatal(err)
		}
		r.setGPR(s.gpr)
		if s.done || s.signal != syscall.SIGTRAP {
			break
		}
	}
	s.where = step.Home(r.faultAddr())
	r.save(s)
	return s
}

// free executes it in a slot, without a step: the thread comes home by itself,
// unless it faults.
func (r *rig) free(from *state, step *displace.Step, slot uint64) *state {
	r.Helper()
	r.setPC(from.gpr, home)
	r.load(from)
	r.write(slot, step.Code())
	s := &state{gpr: bytes.Clone(from.gpr)}
	if err := step.Enter(s.gpr); err != nil {
		r.Fatal(err)
	}
	r.setGPR(s.gpr)
	if err := ptrace.Cont(r.p.TID, 0); err != nil {
		r.Fatal(err)
	}
	s.signal = r.p.Wait()
	s.gpr = r.regset(regset.NotePRStatus)
	s.done, _ = step.Leave(s.gpr)
	pc := r.abi.PC(s.gpr)
	if inCode := pc > codePage && pc <= codePage+0x1000; s.signal == syscall.SIGTRAP && inCode {
		r.setPC(s.gpr, pc-1) // the int3
	}
	r.setGPR(s.gpr)
	s.where = step.Home(r.faultAddr())
	r.save(s)
	return s
}

// faultAddr is the address that the signal which the tracee has stopped for
// tells.
func (r *rig) faultAddr() uint64 {
	r.Helper()
	var info ptrace.Siginfo
	if err := ptrace.GetSiginfo(r.p.TID, &info); err != nil {
		r.Fatal(err)
	}
	if strconv.IntSize == 32 {
		return uint64(binary.LittleEndian.Uint32(info[12:]))
	}
	return binary.LittleEndian.Uint64(info[16:])
}

// difference compares what came out.
func (r *rig) difference(want, got *state) string {
	var b bytes.Buffer
	if want.done != got.done {
		fmt.Fprintf(&b, "executed: %v, displaced %v (%v, %v)\n", want.done, got.done, want.signal, got.signal)
	}
	if !want.done && want.signal != got.signal {
		fmt.Fprintf(&b, "signal: %v, displaced %v\n", want.signal, got.signal)
	}
	if !want.done && want.where != got.where {
		fmt.Fprintf(&b, "fault at %#x, displaced at %#x\n", want.where, got.where)
	}
	for _, x := range r.abi.View().Sets[0].Registers {
		w, g := r.get(want.gpr, x.Name), r.get(got.gpr, x.Name)
		switch x.Name {
		case "eflags":
			w, g = w&^(1<<16), g&^(1<<16) // RF belongs to the trap
		case "orig_rax", "orig_eax":
			continue // a step over a system call ends while the kernel is still in it
		}
		if w != g {
			fmt.Fprintf(&b, "%s: %#x, displaced %#x\n", x.Name, w, g)
		}
	}
	different(&b, "memory", want.mem, got.mem)
	// XSTATE_BV, the first word after the 512 bytes of FXSAVE, tells which
	// components the CPU found in use when it saved them, which also depends on
	// when that was. The others' bytes are those of their initial state.
	different(&b, "extended state", slices.Concat(want.xs[:512], want.xs[520:]), slices.Concat(got.xs[:512], got.xs[520:]))
	return b.String()
}

func different(b *bytes.Buffer, what string, want, got []byte) {
	n := 0
	for i := range want {
		if want[i] != got[i] {
			if n++; n <= 8 {
				fmt.Fprintf(b, "%s at %#x: %#x, displaced %#x\n", what, i, want[i], got[i])
			}
		}
	}
}

// check executes an instruction at home and in every slot. It returns what
// came out at home.
func (r *rig) check(what string, from *state, code []byte) *state {
	r.Helper()
	want := r.atHome(from)
	for _, slot := range r.slots {
		step, err := displace.Plan(code, r.mode, home, slot)
		if err != nil {
			r.Fatalf("%s: %v", what, err)
		}
		got := r.displaced(from, &step, slot)
		if diff := r.difference(want, got); diff != "" {
			r.Fatalf("%s, %v instruction %x (%v), slot at %#x:\n%s", what, r.mode, code, step.Form(), slot, diff)
		}
		if !step.Free() {
			continue
		}
		if diff := r.difference(want, r.free(from, &step, slot)); diff != "" {
			r.Fatalf("%s, %v instruction %x (%v), run in a slot at %#x:\n%s", what, r.mode, code, step.Form(), slot, diff)
		}
	}
	return want
}
