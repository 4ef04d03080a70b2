package regset

import (
	"debug/elf"
	"fmt"
)

// Every supported GOARCH has a native file that defines this name. If the
// compiler brings you here, yours has none yet; the documentation of the
// package says what to add.
const _ = utrace_has_no_register_tables_for_this_architecture_yet

// Native is the view of this program's own architecture.
func Native() *View { return abis[0].View() }

// NativeABI is the ABI of this program itself.
func NativeABI() ABI { return abis[0] }

// ABIs lists the ABIs that threads of this machine can have, this program's
// own first.
func ABIs() []ABI { return append([]ABI(nil), abis...) }

// ABIFor finds the ABI of a thread by the length of its general register set
// and, for a thread in a system call, the AUDIT_ARCH_* of that; 0 takes the
// thread's usual one. The two need not agree: a 64-bit thread may make 32-bit
// calls.
func ABIFor(generalSize int, auditArch uint32) (ABI, error) {
	for _, abi := range abis {
		if abi.GeneralSize() == generalSize && (auditArch == 0 || abi.AuditArch() == auditArch) {
			return abi, nil
		}
	}
	return nil, fmt.Errorf("%w: no ABI with %d bytes of general registers and system calls of arch %#x",
		ErrNoSuchSet, generalSize, auditArch)
}

// known are the ABIs of all machines. What a core file of another machine has
// is read with their help.
var known = []ABI{x86_64ABI, i386ABI, arm64ABI, armABI, ppc64leABI, riscv64ABI, s390xABI}

// ABIOf is the ABI of an ELF file's machine, be it this one or another, or nil.
func ABIOf(machine elf.Machine, class elf.Class) ABI {
	for _, abi := range known {
		if v := abi.View(); v.Machine == machine && v.Class == class {
			return abi
		}
	}
	return nil
}

// ViewFor is the view of a thread with general registers of this length, or
// nil.
func ViewFor(generalSize int) *View {
	abi, err := ABIFor(generalSize, 0)
	if err != nil {
		return nil
	}
	return abi.View()
}
