// Package seccomp compiles sets of system calls into the classic BPF programs
// of seccomp(2).
//
// A compiled program looks at the architecture and the number only. The
// kernel can therefore see by itself which calls are always allowed
// (seccomp_cache_prepare in kernel/seccomp.c, Linux 5.11), and these cost next
// to nothing.
package seccomp

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// What a filter can return; see seccomp(2). RetTrace and RetErrno take 16 bits
// of data.
const (
	RetAllow       uint32 = unix.SECCOMP_RET_ALLOW
	RetTrace       uint32 = unix.SECCOMP_RET_TRACE
	RetErrno       uint32 = unix.SECCOMP_RET_ERRNO
	RetKillProcess uint32 = unix.SECCOMP_RET_KILL_PROCESS
)

// MaxInstructions is the most that the kernel accepts in one program.
const MaxInstructions = 4096

// ABI is one of the ways to call the kernel, as a filter can tell them apart:
// by AUDIT_ARCH value, and for x86_64 by a bit in the number.
type ABI struct {
	Arch uint32
	Bit  uint32 // or-ed to every number
}

// The ABIs of the supported architectures. X32 shares its architecture with
// X8664; a filter that forgets it can be walked around.
var (
	X8664 = ABI{Arch: unix.AUDIT_ARCH_X86_64}
	X32   = ABI{Arch: unix.AUDIT_ARCH_X86_64, Bit: x32Bit}
	I386  = ABI{Arch: unix.AUDIT_ARCH_I386}
	ARM64 = ABI{Arch: unix.AUDIT_ARCH_AARCH64}
	ARM   = ABI{Arch: unix.AUDIT_ARCH_ARM} // also 32-bit programs on arm64

	RISCV64 = ABI{Arch: unix.AUDIT_ARCH_RISCV64}
	PPC64LE = ABI{Arch: unix.AUDIT_ARCH_PPC64LE}
	S390X   = ABI{Arch: unix.AUDIT_ARCH_S390X}
)

// Native are the ABIs of this machine's programs, the one of its own first.
func Native() []ABI {
	switch runtime.GOARCH {
	case "386":
		return []ABI{I386, X8664, X32}
	case "arm64":
		return []ABI{ARM64, ARM}
	case "ppc64le":
		return []ABI{PPC64LE}
	case "riscv64":
		return []ABI{RISCV64}
	case "s390x":
		return []ABI{S390X}
	}
	return []ABI{X8664, X32, I386}
}

// x32Bit is __X32_SYSCALL_BIT. Numbers without it are X8664's.
const x32Bit = 0x40000000

// Filter maps system calls to what the kernel shall do. The kernel acts on
// the strictest answer of all filters of a thread.
type Filter struct {
	// Calls lists the system call numbers, without the ABI's bit, to be
	// answered with Match. Order and repetitions do not matter.
	Calls map[ABI][]uint32
	// Match answers the listed calls, Rest the other calls of a listed ABI.
	Match, Rest uint32
	// Unknown answers all calls of ABIs that are not listed.
	Unknown uint32
}

// Trace is a filter that sends the listed calls to the tracer with data, and
// all calls of other ABIs too, which then judges them itself.
func Trace(calls map[ABI][]uint32, data uint16) *Filter {
	return &Filter{
		Calls:   calls,
		Match:   RetTrace | uint32(data),
		Rest:    RetAllow,
		Unknown: RetTrace | uint32(data),
	}
}

// ErrTooLong is returned for a filter that would need more instructions than
// the kernel accepts.
var ErrTooLong = errors.New("seccomp: the filter has too many instructions")

// Compile returns the program. The same filter gives the same program.
func (f *Filter) Compile() ([]unix.SockFilter, error) {
	byArch := make(map[uint32][]span)
	for abi, calls := range f.Calls {
		if abi.Bit != 0 && abi != X32 {
			return nil, fmt.Errorf("seccomp: no ABI has architecture %#x with bit %#x", abi.Arch, abi.Bit)
		}
		spans := byArch[abi.Arch]
		if spans == nil {
			spans = []span{{0, f.Unknown}}
		}
		low, high := abi.space()
		for _, nr := range calls {
			if nr > high-low {
				return nil, fmt.Errorf("seccomp: system call number %#x is out of range", nr)
			}
		}
		spans = paint(spans, low, high, f.Rest)
		for first, last := range runs(calls) {
			spans = paint(spans, low+first, low+last, f.Match)
		}
		byArch[abi.Arch] = spans
	}

	var code []unix.SockFilter
	code = append(code, load(offsetArch))
	arches := make([]uint32, 0, len(byArch))
	for arch := range byArch {
		arches = append(arches, arch)
	}
	slices.Sort(arches)
	for _, arch := range arches {
		section := append([]unix.SockFilter{load(offsetNumber)}, search(byArch[arch])...)
		// Not this one: go on behind the section, which may be far.
		code = append(code, jump(unix.BPF_JEQ, arch, 1, 0), skip(len(section)))
		code = append(code, section...)
	}
	code = append(code, ret(f.Unknown))
	if len(code) > MaxInstructions {
		return nil, fmt.Errorf("%w: %d, the kernel accepts %d", ErrTooLong, len(code), MaxInstructions)
	}
	return code, nil
}

// space is the range of numbers, as a filter sees them, that are calls of
// this ABI.
func (a ABI) space() (first, last uint32) {
	switch a {
	case X8664:
		return 0, x32Bit - 1
	case X32:
		return x32Bit, x32Bit | (x32Bit - 1)
	}
	return 0, ^uint32(0)
}
