package regset_test

import (
	"debug/elf"
	"fmt"
	"syscall"

	"github.com/utrace/utrace/regset"
)

// memory is a Transport over sets that were saved earlier, such as the notes of
// a core file.
type memory map[regset.Note][]byte

func (m memory) ReadRegset(note regset.Note, buf []byte) (int, error) {
	set, ok := m[note]
	if !ok {
		return 0, syscall.EINVAL
	}
	return copy(buf, set), nil
}

func (m memory) WriteRegset(note regset.Note, buf []byte) error {
	copy(m[note], buf)
	return nil
}

func (m memory) PeekUser(uintptr) (uint64, error)     { return 0, syscall.EIO }
func (m memory) PokeUser(off uintptr, v uint64) error { return syscall.EIO }

// Registers by name, in sets that do not come from a live thread.
func Example() {
	saved := memory{regset.NotePRStatus: make([]byte, 216)}
	view := regset.ABIOf(elf.EM_X86_64, elf.ELFCLASS64).View()

	if err := view.WriteUint(saved, "rdi", 42); err != nil {
		fmt.Println(err)
	}
	rdi, err := view.ReadUint(saved, "rdi")
	fmt.Println(view.Name, rdi, err)

	_, err = view.ReadUint(saved, "mxcsr")
	fmt.Println(err)
	// Output:
	// x86_64 42 <nil>
	// read register set floating point: no such register set (invalid argument)
}

// What a system call stop needs, without allocation: the registers are read
// once, looked at and changed in place, and written back.
func ExampleABI() {
	gpr := make([]byte, 216)                           // as PTRACE_GETREGSET gave them
	abi := regset.ABIOf(elf.EM_X86_64, elf.ELFCLASS64) // of a live thread: ABIFor
	abi.SetSyscallNumber(gpr, 87)                      // unlink
	abi.SetArg(gpr, 0, 0x7ffd1000)

	abi.Skip(gpr, -int64(syscall.EPERM))
	fmt.Println(abi.Name(), int64(abi.SyscallNumber(gpr)), abi.Result(gpr))
	// Output: x86_64 -1 -1
}

// The sets of a view, as a core file would have them.
func ExampleView() {
	for _, set := range regset.ABIOf(elf.EM_386, elf.ELFCLASS32).View().Sets {
		if set.Note.InCore() {
			fmt.Println(set.Note, set.SlotSize*set.Slots)
		}
	}
	// Output:
	// NT_PRSTATUS 68
	// NT_PRFPREG 108
	// NT_PRXFPREG 512
	// NT_X86_XSTATE 0
	// NT_386_TLS 48
	// NT_386_IOPERM 0
}

// Extended state lies where the processor wants it, so its registers have no
// fixed offset.
func ExampleRegister_Offset() {
	view := regset.ABIOf(elf.EM_X86_64, elf.ELFCLASS64).View()
	for _, name := range []string{"rip", "ymm0h"} {
		offset, ok := view.Register(name).Offset()
		fmt.Println(name, offset, ok)
	}
	// Output:
	// rip 128 true
	// ymm0h 0 false
}
