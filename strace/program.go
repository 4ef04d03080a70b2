package strace

import (
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/internal/seccomp"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tool"
)

// environment is what the program gets if -E says something; nil: all that there
// is.
func environment(system tool.System, changes []string) ([]string, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	env, err := system.Environ()
	for _, change := range changes {
		name, _, set := strings.Cut(change, "=")
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if set {
			env = append(env, change)
		}
	}
	return env, err
}

// lookUpUser finds the ids of -u.
func lookUpUser(name string) (*launch.User, error) {
	if name == "" {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("Cannot find user '%s'", name)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	ids := make([]uint32, 0, len(groups)+2)
	for _, text := range append([]string{u.Uid, u.Gid}, groups...) {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, err
		}
		ids = append(ids, uint32(id))
	}
	return &launch.User{UID: ids[0], GID: ids[1], Groups: ids[2:]}, nil
}

// filterABIs are the ABIs for which a filter is made.
var filterABIs = map[*syscalls.ABI]seccomp.ABI{
	syscalls.X86_64:  seccomp.X8664,
	syscalls.X32:     seccomp.X32,
	syscalls.I386:    seccomp.I386,
	syscalls.ARM64:   seccomp.ARM64,
	syscalls.ARM:     seccomp.ARM,
	syscalls.PPC64LE: seccomp.PPC64LE,
	syscalls.RISCV64: seccomp.RISCV64,
	syscalls.S390X:   seccomp.S390X,
}

// filter makes the filter of --seccomp-bpf: the calls to be traced, and those
// by which a program begins.
func filter(set *syscalls.Set) *seccomp.Filter {
	calls := make(map[seccomp.ABI][]uint32)
	for _, abi := range syscalls.Native() {
		var numbers []uint32
		for _, nr := range set.Numbers(abi) {
			numbers = append(numbers, uint32(nr))
		}
		for _, name := range []string{"execve", "execveat"} {
			if call, ok := abi.ByName(name); ok {
				numbers = append(numbers, uint32(call.Number))
			}
		}
		calls[filterABIs[abi]] = numbers
	}
	return seccomp.Trace(calls, 0)
}
