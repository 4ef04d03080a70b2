package displace

import (
	"encoding/binary"
	"fmt"
)

// Memory is the memory of the thread, as utrace.Report gives it.
type Memory interface {
	ReadMemory(addr uint64, p []byte) (int, error)
	WriteMemory(addr uint64, p []byte) (int, error)
}

// Before changes the general registers (NT_PRSTATUS, as the kernel gave them)
// so that the thread executes the code in the slot. They have to be written
// back, and the thread made to step.
func (s *Step) Before(gpr []byte) error {
	l := layoutFor(gpr)
	if l == nil || l.mode != s.insn.mode {
		return fmt.Errorf("displace %d bytes of registers for %v: %w", len(gpr), s.insn.mode, ErrMode)
	}
	s.traps = l.get(gpr, l.flags)&trapFlag != 0
	l.set(gpr, l.pc, s.slot)
	if s.base != 0 {
		at := l.base(s.base)
		s.saved = l.get(gpr, at)
		l.set(gpr, at, s.baseValue)
	}
	return nil
}

// After makes of the registers, and of the thread's stack, what they were had
// the instruction been executed at home. It has to be called at the first stop
// after Before, of whatever kind, before anybody looks; the registers have to
// be written back.
//
// done reports that the instruction is over. If not, it was not executed (the
// thread stopped for something else, such as a fault), or it is a string
// instruction with iterations left. The thread stands at its home then.
//
// The error is about the stack, which the instruction itself has just written:
// only unmapping by another thread makes it fail.
func (s *Step) After(gpr []byte, mem Memory) (done bool, err error) {
	l := layoutFor(gpr)
	if l == nil || l.mode != s.insn.mode {
		return true, nil // another program runs already
	}
	if s.base != 0 {
		l.set(gpr, l.base(s.base), s.saved)
	}
	if s.form == Syscall {
		s.afterSyscall(l, gpr)
	}
	pc, end := l.get(gpr, l.pc), s.wrap(s.slot+uint64(s.insn.Len))
	if pc == s.slot {
		s.notDone(l, gpr)
		return false, nil
	}
	switch s.form {
	case Call, CallIndirect:
		err = s.returnAddress(l, gpr, mem)
	case PushFlags:
		err = s.hideTrapFlag(l, gpr, mem)
	}
	switch {
	case pc == end && (s.form == Jump || s.form == Call), pc == s.wrap(end+1) && s.form == Branch:
		pc = s.target
	case pc == s.wrap(end+1): // it was the nop
		pc = s.addr + uint64(s.insn.Len)
	case s.wrap(pc-s.slot) <= uint64(s.insn.Len):
		pc += s.addr - s.slot
	}
	l.set(gpr, l.pc, s.wrap(pc))
	return true, err
}

// Home is where an address that the processor or the kernel has taken from the
// program counter would be, had the instruction been executed at home: SIGILL,
// SIGFPE and some SIGTRAP tell it in si_addr. Others are left alone.
func (s *Step) Home(addr uint64) uint64 {
	if s.wrap(addr-s.slot) < uint64(s.insn.Len) {
		return s.wrap(addr + s.addr - s.slot)
	}
	return addr
}

// notDone takes the thread home. A POPF that was not executed leaves the
// kernel's trap flag behind, which the kernel believes to be what POPF has set
// (is_setting_trap_flag in arch/x86/kernel/step.c).
func (s *Step) notDone(l *layout, gpr []byte) {
	l.set(gpr, l.pc, s.addr)
	if s.form == PopFlags && !s.traps {
		l.set(gpr, l.flags, l.get(gpr, l.flags)&^trapFlag)
	}
}

// afterSyscall corrects what SYSCALL leaves in registers. If the call is to be
// restarted they are so, too.
func (s *Step) afterSyscall(l *layout, gpr []byte) {
	end := uint64(s.insn.Len)
	if s.insn.mode != X86_64 || l.get(gpr, l.cx) != s.slot+end {
		return // not executed, or all registers were replaced by rt_sigreturn
	}
	l.set(gpr, l.cx, s.addr+end)
	if !s.traps {
		l.set(gpr, l.r11, l.get(gpr, l.r11)&^trapFlag)
	}
}

// returnAddress corrects what a call has pushed.
func (s *Step) returnAddress(l *layout, gpr []byte, mem Memory) error {
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], s.addr+uint64(s.insn.Len))
	sp := l.get(gpr, l.sp)
	if _, err := mem.WriteMemory(sp, word[:l.word]); err != nil {
		return fmt.Errorf("correct the return address at %#x of the call at %#x: %w", sp, s.addr, err)
	}
	return nil
}

// hideTrapFlag removes the kernel's trap flag from what PUSHF has pushed.
func (s *Step) hideTrapFlag(l *layout, gpr []byte, mem Memory) error {
	if s.traps {
		return nil
	}
	var flags [1]byte
	at := l.get(gpr, l.sp) + 1 // the second byte has it
	_, err := mem.ReadMemory(at, flags[:])
	if err == nil {
		flags[0] &^= trapFlag >> 8
		_, err = mem.WriteMemory(at, flags[:])
	}
	if err != nil {
		return fmt.Errorf("correct the flags at %#x of the pushf at %#x: %w", at-1, s.addr, err)
	}
	return nil
}

// base is the place of a register that operands can go through.
func (l *layout) base(b base) int {
	switch b {
	case rsi:
		return l.bases[0]
	case rdi:
		return l.bases[1]
	}
	return l.bases[2]
}
