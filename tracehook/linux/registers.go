package linux

import (
	"bytes"
	"encoding/binary"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
)

// ntPrstatus is NT_PRSTATUS, the general registers. maxGeneral is more than any
// machine has of them (384 bytes on ppc64le).
const (
	ntPrstatus = 1
	maxGeneral = 512
)

// ABI is how the registers of this thread are to be read. It is nil for a
// thread of a machine that the package regset does not know. Of one that was
// killed in its stop nobody can tell any more: then it is what it was.
func (t *task) ABI() regset.ABI {
	if abi, err := t.needABI(); err == nil {
		return abi
	}
	return t.formerABI
}

// forgetABI has the ABI found anew.
func (t *task) forgetABI() {
	if t.abi != nil {
		t.formerABI, t.abi = t.abi, nil
	}
}

// needABI finds the ABI at the first stop of each program.
func (t *task) needABI() (regset.ABI, error) {
	if t.abi == nil {
		if _, err := t.general(); err != nil {
			return nil, err
		}
	}
	return t.abi, nil
}

// cached says whose general registers are in the scratch space of the loop. They
// are as the kernel has them until the task is resumed or written to.
type cached struct {
	task *task
	n    int
	// moved: the kernel does not know of the program counter yet. While an event
	// is being reported, who changes it once often does so once more. Everything
	// that has the kernel look at the registers calls writePC before.
	moved bool
}

// general reads the general registers into the loop's scratch space, where they
// stay until the next call for another task. It makes sure that the ABI is
// known. Who changes them has to call setGeneral.
func (t *task) general() ([]byte, error) {
	c := &t.l.cached
	if c.task == t {
		return t.l.regs[:c.n], nil
	}
	_ = t.l.writePC()
	c.task = nil
	n, err := ptrace.GetRegset(t.tid, ntPrstatus, t.l.regs[:])
	if err != nil {
		return nil, result(err)
	}
	gpr := t.l.regs[:n]
	if t.abi == nil || t.abi.GeneralSize() != n { // x86 has it in the code segment
		if t.abi, err = regset.ABIFor(n, 0); err != nil {
			return nil, err
		}
	}
	c.task, c.n = t, n
	return gpr, nil
}

// setGeneral writes the general registers. The kernel may not take all bits as
// they are, so it has to be asked again.
func (t *task) setGeneral(gpr []byte) error {
	t.forgetGeneral()
	_, err := ptrace.SetRegset(t.tid, ntPrstatus, gpr)
	return result(err)
}

// writePC tells the kernel of a program counter that only the scratch space has.
func (l *Loop) writePC() error {
	c := &l.cached
	if !c.moved {
		return nil
	}
	c.moved = false
	return ptrace.PokeUser(c.task.tid, userPC, c.task.abi.PC(l.regs[:c.n]))
}

// yieldGeneral is called when the registers are going to change.
func (t *task) yieldGeneral() {
	if t.l.cached.task == t {
		_ = t.l.writePC() // it has been killed, or will go on from there
		t.l.cached.task = nil
	}
}

// forgetGeneral is called when they have changed, or will all be others.
func (t *task) forgetGeneral() {
	if c := &t.l.cached; c.task == t {
		c.task, c.moved = nil, false
	}
}

// movesPC reports whether a set of general registers differs from the one that
// is known in the program counter only, which the kernel takes as it is, and
// makes it the one that is known.
func (t *task) movesPC(gpr []byte) bool {
	if c := &t.l.cached; c.task != t || len(gpr) != c.n {
		return false
	}
	known := t.l.regs[:len(gpr)]
	t.abi.SetPC(known, t.abi.PC(gpr))
	return bytes.Equal(known, gpr)
}

// callABI is the ABI of the call that the loop's scratch space describes: a
// 64-bit thread may make 32-bit calls.
func (t *task) callABI(gpr []byte) regset.ABI {
	if abi, err := regset.ABIFor(len(gpr), t.l.call.Arch); err == nil {
		return abi
	}
	return t.abi
}

// editCall changes the registers of a task at one end of a system call.
func (t *task) editCall(edit func(abi regset.ABI, gpr []byte)) error {
	if _, err := ptrace.GetSyscallInfo(t.tid, &t.l.call); err != nil {
		return result(err)
	}
	gpr, err := t.general()
	if err != nil {
		return err
	}
	edit(t.callABI(gpr), gpr)
	return t.setGeneral(gpr)
}

// keepNumber writes the number of the call where the kernel looks for it, if
// that is not the general registers.
func (t *task) keepNumber(nr uint64) error {
	apart, ok := t.abi.(regset.CallApart)
	if !ok || apart.NumberNote() == 0 {
		return nil
	}
	var set [4]byte
	binary.NativeEndian.PutUint32(set[:], uint32(nr))
	_, err := ptrace.SetRegset(t.tid, uint32(apart.NumberNote()), set[:])
	return result(err)
}

// callNumber is the number of the call that the task is in, or all ones.
func (t *task) callNumber(gpr []byte) uint64 {
	if _, ok := t.abi.(regset.CallApart); !ok {
		return t.abi.SyscallNumber(gpr)
	}
	if t.forgets() {
		if !t.behindCall(gpr) {
			return noNumber
		}
		return t.abi.SyscallNumber(gpr)
	}
	call, err := procfs.ReadSyscall(t.tid)
	if err != nil {
		return noNumber
	}
	return uint64(call.Number)
}

// again changes the registers so that the call is made once more.
func (t *task) again(gpr []byte) {
	t.abi.Restart(gpr)
	if _, ok := t.abi.(regset.CallApart); ok {
		t.abi.SetResult(gpr, int64(t.call.first))
	}
}

// Forget forgets what is known of the registers, which somebody is going to read or
// has changed by requests of his own.
func (t *task) Forget() {
	t.yieldGeneral()
	t.forgetABI()
}

// pc is the program counter; false if the task has been killed.
func (t *task) pc() (uint64, bool) {
	gpr, err := t.general()
	if err != nil {
		return 0, false
	}
	return t.abi.PC(gpr), true
}

// ReadRegset fills buf with a register set as the kernel lays it out.
func (t *task) ReadRegset(note regset.Note, buf []byte) (int, error) {
	if err := t.mustStop(); err != nil {
		return 0, err
	}
	if c := &t.l.cached; note == ntPrstatus && c.task == t && len(buf) >= c.n {
		return copy(buf, t.l.regs[:c.n]), nil
	}
	_ = t.l.writePC()
	n, err := ptrace.GetRegset(t.tid, uint32(note), buf)
	return n, result(err)
}

// WriteRegset writes the first len(buf) bytes of a register set.
func (t *task) WriteRegset(note regset.Note, buf []byte) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	moves := note == ntPrstatus && t.movesPC(buf)
	if !moves {
		t.yieldGeneral()
	}
	var err error
	if moves && userPC != 0 {
		if t.l.cached.moved = true; t.l.reporting {
			return nil
		}
		err = t.l.writePC()
	} else {
		_, err = ptrace.SetRegset(t.tid, uint32(note), buf)
	}
	if err != nil {
		t.forgetGeneral()
	}
	return result(err)
}

// PeekUser reads the word at an offset of the kernel's struct user.
func (t *task) PeekUser(off uintptr) (uint64, error) {
	if err := t.mustStop(); err != nil {
		return 0, err
	}
	_ = t.l.writePC()
	word, err := ptrace.PeekUser(t.tid, off)
	return word, result(err)
}

// PokeUser writes it.
func (t *task) PokeUser(off uintptr, value uint64) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	t.yieldGeneral()
	return result(ptrace.PokeUser(t.tid, off, value))
}
