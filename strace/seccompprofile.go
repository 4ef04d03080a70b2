package strace

import (
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/utrace/utrace/syscalls"
)

// seccompForm writes --seccomp-profile: the calls that were made, as the profile
// of a container that may make no others (OCI runtime specification,
// config-linux.md, "Seccomp").
type seccompForm struct {
	silent
	file  *os.File
	names map[string]bool
	arch  map[specs.Arch]bool
}

func newSeccompProfile(l *Log, file *os.File) output {
	return &seccompForm{silent: silent{l}, file: file, names: make(map[string]bool), arch: make(map[specs.Arch]bool)}
}

var ociArchitectures = map[*syscalls.ABI]specs.Arch{
	syscalls.X86_64: specs.ArchX86_64, syscalls.I386: specs.ArchX86, syscalls.X32: specs.ArchX32,
	syscalls.ARM64: specs.ArchAARCH64, syscalls.PPC64LE: specs.ArchPPC64LE,
	syscalls.RISCV64: specs.ArchRISCV64, syscalls.S390X: specs.ArchS390X,
}

// attach prints no notice: the lines' formatter does.
func (f *seccompForm) attach(*Tracee, time.Time) {}

// entry counts: a call that does not return was made too.
func (f *seccompForm) entry(t *Tracee, _ time.Time) {
	abi := t.Call.ABI.ForNumber(t.Call.Nr)
	call, ok := abi.Lookup(abi.Through(t.Call.Nr))
	if !ok {
		return // there is no name to allow it by
	}
	f.arch[ociArchitectures[abi]] = true
	f.names[call.Name] = true
}

// alwaysNeeded are calls that are made by whoever starts a container after the
// filter is in place, before anything of the program is traced.
var alwaysNeeded = []string{"execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall"}

func (f *seccompForm) close() error {
	eperm := uint(1) // EPERM: what container engines answer by default
	profile := specs.LinuxSeccomp{
		DefaultAction:   specs.ActErrno,
		DefaultErrnoRet: &eperm,
	}
	for _, name := range alwaysNeeded {
		f.names[name] = true
	}
	for arch := range f.arch {
		profile.Architectures = append(profile.Architectures, arch)
	}
	slices.Sort(profile.Architectures)
	allowed := specs.LinuxSyscall{Action: specs.ActAllow}
	for name := range f.names {
		allowed.Names = append(allowed.Names, name)
	}
	slices.Sort(allowed.Names)
	profile.Syscalls = []specs.LinuxSyscall{allowed}
	text, err := json.MarshalIndent(profile, "", "\t")
	if err != nil {
		return err
	}
	_, err = f.file.Write(append(text, '\n'))
	return errorsOf(err, f.file.Close())
}

func (f *seccompForm) fileName() string { return f.file.Name() }
