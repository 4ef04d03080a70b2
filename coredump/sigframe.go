package coredump

import (
	"math"
	"syscall"

	"github.com/utrace/utrace/regset"
)

// Where things are in the room: the parent's frame, the parent's floating point
// registers, the child's frame.
const (
	parentAt = 64 // below it is what the call takes off the stack
	// So that what follows legacySize bytes is at a multiple of 64, for XRSTOR.
	floatAt = parentAt + 512 + 64*2 - legacySize
)

// childAt is where the child's frame is.
func childAt(extended int) int { return floatAt + legacySize + (extended+4+63)&^63 + 64 }

// frames is the size of all.
func (c *convention) frames(extended int) int { return childAt(extended) + 512 }

// parentSP and childSP are the stack pointers with which the call returns to the
// frames.
func (c *convention) parentSP(x *caller) uint64 {
	return x.room + parentAt - uint64(c.pops*c.word)
}

func (c *convention) childSP(x *caller) uint64 {
	return x.room + uint64(childAt(len(x.extended))-c.pops*c.word)
}

// build makes what the room contains.
func (c *convention) build(abi regset.ABI, x *caller) []byte {
	b := make([]byte, c.frames(len(x.extended)))
	own := restarted(abi, x.general)
	copy(b[floatAt:], x.legacy)
	copy(b[floatAt+legacySize:], forFrame(x.extended))
	float := x.room + floatAt
	if c.word == 8 {
		float += legacySize // which is for 32-bit programs
	}
	copy(b[parentAt:], c.frame(x.site.sigreturnAt, own, float, x.mask))

	last := append([]byte(nil), x.general...)
	abi.SetResult(last, int64(c.exitGroup))
	abi.SetArg(last, 0, 0)
	abi.SetPC(last, x.site.callAt)
	copy(b[childAt(len(x.extended)):], c.frame(x.site.sigreturnAt, last, 0, math.MaxUint64))
	return b
}

// restarted is what the kernel makes of the registers of a thread in a system
// call that a signal has interrupted, before it enters the handler
// (handle_signal in arch/x86/kernel/signal.c). After sigreturn it does not know
// any more how to go on with a sleep: that fails with EINTR.
func restarted(abi regset.ABI, general []byte) []byte {
	gpr := append([]byte(nil), general...)
	none := uint64(1)<<(8*abi.WordSize()-1)<<1 - 1
	switch result := abi.Result(gpr); {
	case abi.SyscallNumber(gpr) == none:
	case result == -516: // ERESTART_RESTARTBLOCK
		abi.SetResult(gpr, -int64(syscall.EINTR))
	case -515 < result && result <= -512:
		abi.Restart(gpr)
	}
	return gpr
}

// The extended state in a frame differs from that of a register set in the bytes
// that the processor leaves to software (struct _fpx_sw_bytes in
// asm/sigcontext.h).
const (
	softwareAt = 464
	featuresAt = 512
	magic1     = 0x46505853
	magic2     = 0x46505845
	// withoutTiles is the size without the tiles of AMX, for which a thread has
	// no room if it has not asked for it.
	withoutTiles = 2696
	tiles        = 3 << 17
	// legacySize is that of the state in the form of FSAVE, which precedes it in
	// frames of 32-bit programs.
	legacySize = 112
)

// forFrame makes of a register set what belongs into a frame.
func forFrame(extended []byte) []byte {
	features := order.Uint64(extended[featuresAt:])
	size := len(extended)
	if features&tiles == 0 {
		size = min(size, withoutTiles)
	}
	b := append([]byte(nil), extended[:size]...)
	software := b[softwareAt:featuresAt]
	clear(software)
	order.PutUint32(software, magic1)
	order.PutUint32(software[4:], uint32(size+4))
	order.PutUint64(software[8:], features)
	order.PutUint32(software[16:], uint32(size))
	return order.AppendUint32(b, magic2)
}

// noStack is no valid ss_flags: the alternate signal stack stays what it is
// (restore_altstack in kernel/signal.c).
const noStack = 0x7777

// frame64 is struct rt_sigframe of arch/x86/include/asm/sigframe.h.
func frame64(sigreturn uint64, general []byte, float, mask uint64) []byte {
	s := &structure{word: 8}
	reg := func(i int) uint64 { return order.Uint64(general[8*i:]) }
	s.long(sigreturn)
	s.long(7) // UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS
	s.long(0)
	s.long(0)
	s.long(noStack)
	s.long(0)
	// r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags
	for _, i := range []int{9, 8, 7, 6, 3, 2, 1, 0, 14, 13, 4, 5, 12, 10, 11, 19, 16, 18} {
		s.long(reg(i))
	}
	for _, v := range []uint64{reg(17), 0, 0, reg(20)} { // cs, and ss
		s.short(int(uint16(v)))
	}
	for range 4 {
		s.long(0)
	}
	s.long(float)
	for range 8 {
		s.long(0)
	}
	s.long(mask)
	return s.b
}

// frame32 is struct rt_sigframe_ia32.
func frame32(sigreturn uint64, general []byte, float, mask uint64) []byte {
	s := &structure{word: 4}
	reg := func(i int) uint64 { return uint64(order.Uint32(general[4*i:])) }
	s.long(sigreturn)
	for range 3 + 128/4 { // signal, pointers, siginfo
		s.long(0)
	}
	for _, v := range []uint64{1, 0, 0, noStack, 0} { // UC_FP_XSTATE
		s.long(v)
	}
	// gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax
	for _, i := range []int{10, 9, 8, 7, 4, 3, 5, 15, 0, 2, 1, 6} {
		s.long(reg(i))
	}
	s.long(0)
	s.long(0)
	for _, i := range []int{12, 13, 14, 15, 16} { // eip, cs, eflags, esp, ss
		s.long(reg(i))
	}
	s.long(float)
	s.long(0)
	s.long(0)
	s.long(mask & math.MaxUint32)
	s.long(mask >> 32)
	return s.b
}
