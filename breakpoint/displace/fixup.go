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

// Enter sends a thread through the slot of a Step that is Free: it changes the
// general registers (NT_PRSTATUS, as the kernel gave them), which have to be
// written back. The thread may run, and be stepped.
func (s *Step) Enter(gpr []byte) error {
	l, err := s.layout(gpr)
	if err == nil {
		l.set(gpr, l.pc, s.slot)
	}
	return err
}

// Leave takes a thread that went in by Enter home, if it is in the slot still.
// It has to be called at the first stop after Enter, of whatever kind, before
// anybody looks; the registers have to be written back if it says that they
// have changed. done: the instruction is over. If not, the thread was stopped
// before it, and stands at its home.
func (s *Step) Leave(gpr []byte) (done, changed bool) {
	l, err := s.layout(gpr)
	if err != nil {
		return true, false // another program runs already
	}
	pc := l.get(gpr, l.pc)
	home := s.Home(pc)
	if home == pc {
		return true, false
	}
	l.set(gpr, l.pc, home)
	return pc != s.slot, true
}

// Before is Enter for any Step, and for a thread that is going to be stepped.
func (s *Step) Before(gpr []byte, t *Trip) error {
	l, err := s.layout(gpr)
	if err != nil {
		return err
	}
	t[savedTrapFlag] = l.get(gpr, l.flags) & trapFlag
	l.set(gpr, l.pc, s.slot)
	if s.base != 0 {
		at := l.base(s.base)
		t[savedBase] = l.get(gpr, at)
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
func (s *Step) After(gpr []byte, mem Memory, t *Trip) (done bool, err error) {
	l, wrong := s.layout(gpr)
	if wrong != nil {
		return true, nil // another program runs already
	}
	if s.base != 0 {
		l.set(gpr, l.base(s.base), t[savedBase])
	}
	if s.form == Syscall {
		s.afterSyscall(l, gpr, t)
	}
	pc := l.get(gpr, l.pc)
	l.set(gpr, l.pc, s.Home(pc))
	if pc == s.slot {
		s.notDone(l, gpr, t)
		return false, nil
	}
	switch s.form {
	case Call, CallIndirect:
		err = s.returnAddress(l, gpr, mem)
	case PushFlags:
		err = s.hideTrapFlag(l, gpr, mem, t)
	}
	return true, err
}

// layout says where the registers are.
func (s *Step) layout(gpr []byte) (*layout, error) {
	l := layoutFor(gpr)
	if l == nil || l.mode != s.insn.mode {
		return nil, fmt.Errorf("displace %d bytes of registers for %v: %w", len(gpr), s.insn.mode, ErrMode)
	}
	return l, nil
}

// Home is what an address in the slot, which is the program counter or was
// taken from it, stands for: where it would be had the instruction been executed
// at home. SIGILL, SIGFPE and some SIGTRAP tell it in si_addr. Others are left
// alone.
func (s *Step) Home(addr uint64) uint64 {
	off := s.wrap(addr - s.slot)
	if off >= SlotSize {
		return addr
	}
	for _, x := range s.exits {
		if x.at != 0 && uint64(x.at) == off {
			return x.to
		}
	}
	return s.wrap(s.addr + off)
}

// notDone takes care of a POPF that was not executed: it leaves the kernel's
// trap flag behind, which the kernel believes to be what POPF has set
// (is_setting_trap_flag in arch/x86/kernel/step.c).
func (s *Step) notDone(l *layout, gpr []byte, t *Trip) {
	if s.form == PopFlags && t[savedTrapFlag] == 0 {
		l.set(gpr, l.flags, l.get(gpr, l.flags)&^trapFlag)
	}
}

// afterSyscall corrects what SYSCALL leaves in registers. If the call is to be
// restarted they are so, too.
func (s *Step) afterSyscall(l *layout, gpr []byte, t *Trip) {
	end := uint64(s.insn.Len)
	if s.insn.mode != X86_64 || l.get(gpr, l.cx) != s.slot+end {
		return // not executed, or all registers were replaced by rt_sigreturn
	}
	l.set(gpr, l.cx, s.addr+end)
	if t[savedTrapFlag] == 0 {
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
func (s *Step) hideTrapFlag(l *layout, gpr []byte, mem Memory, t *Trip) error {
	if t[savedTrapFlag] != 0 {
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
