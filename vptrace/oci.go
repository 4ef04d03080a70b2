package vptrace

import (
	"slices"

	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/syscalls"
)

// A container runtime that implements the OCI runtime specification can put the
// filter on a container's first process: then nothing inside needs to know of us.
// The runtime sends the listener to a socket (Server.Adopt serves it).

// OCISeccomp is the object "linux.seccomp" of a container's config.json that sends
// the system calls of [Rules] to who listens at a socket, and allows the others.
type OCISeccomp struct {
	DefaultAction string `json:"defaultAction"`
	// Architectures are those whose calls the filter looks at; the others' fail.
	Architectures []string     `json:"architectures"`
	ListenerPath  string       `json:"listenerPath"`
	Syscalls      []OCISyscall `json:"syscalls"`
}

// OCISyscall is an action for calls by their names.
type OCISyscall struct {
	Names  []string `json:"names"`
	Action string   `json:"action"`
	// Args are conditions that all have to be met.
	Args []OCIArg `json:"args,omitempty"`
}

// OCIArg is a condition: argument Index, masked by Value, is ValueTwo.
type OCIArg struct {
	Index    uint   `json:"index"`
	Value    uint64 `json:"value"`
	ValueTwo uint64 `json:"valueTwo"`
	Op       string `json:"op"`
}

// ociArchitectures are their names for architectures.
var ociArchitectures = map[*syscalls.ABI]string{
	syscalls.X86_64: "SCMP_ARCH_X86_64", syscalls.I386: "SCMP_ARCH_X86", syscalls.ARM64: "SCMP_ARCH_AARCH64",
	syscalls.PPC64LE: "SCMP_ARCH_PPC64LE", syscalls.RISCV64: "SCMP_ARCH_RISCV64", syscalls.S390X: "SCMP_ARCH_S390X",
}

// OCIFilter makes the filter of Rules for a container runtime. What a rule compares
// are 32 bits, and the runtime's library compares 64: so all but these are masked.
// The library knows a call by its name, and makes the filter for all architectures.
func OCIFilter(listenerPath string) *OCISeccomp {
	f := &OCISeccomp{
		DefaultAction: "SCMP_ACT_ALLOW", ListenerPath: listenerPath,
	}
	for _, abi := range tracerABIs() {
		f.Architectures = append(f.Architectures, ociArchitectures[abi])
	}
	for _, r := range Rules() {
		name := syscalls.ByAuditArch(r.Arch).CallName(uint64(r.Number))
		call := OCISyscall{Names: []string{name}, Action: "SCMP_ACT_NOTIFY"}
		if r.Arg != notify.Any {
			call.Args = []OCIArg{ociCondition(r)}
		}
		if !slices.ContainsFunc(f.Syscalls, func(old OCISyscall) bool {
			return old.Names[0] == name && slices.Equal(old.Args, call.Args)
		}) {
			f.Syscalls = append(f.Syscalls, call)
		}
	}
	return f
}

// ociCondition is the condition of a rule. A range is one of as many numbers as a
// power of two, from a multiple of it on.
func ociCondition(r notify.Rule) OCIArg {
	mask := uint32(1<<32 - 1)
	if r.Last != 0 {
		mask = ^(r.Last - r.Value)
	}
	return OCIArg{Index: uint(r.Arg), Value: uint64(mask), ValueTwo: uint64(r.Value), Op: "SCMP_CMP_MASKED_EQ"}
}
