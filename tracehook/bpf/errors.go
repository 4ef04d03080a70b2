package bpf

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tracehook"
)

var errArchitecture = fmt.Errorf("there are no programs for %s: %w", runtime.GOARCH, ebpf.ErrNotSupported)

// Error says why threads cannot be observed on this machine.
type Error struct {
	// Rule names what is missing or forbids it, and what would help.
	Rule string
	// plain: what the kernel said adds nothing to the rule.
	plain     bool
	cause     error
	condition error
}

func (e *Error) Error() string {
	if e.plain {
		return "ebpf: " + e.Rule
	}
	return "ebpf: " + e.Rule + ": " + first(e.cause)
}

// Unwrap returns the cause and the condition of the contract.
func (e *Error) Unwrap() []error { return []error{e.cause, e.condition} }

// first is an error's first line: the verifier's has thousands.
func first(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Capabilities (capabilities(7)).
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// explain finds out why the programs could not be loaded.
func explain(err error) error {
	e := &Error{cause: err, condition: tracehook.ErrNotSupported}
	_, noBTF := os.Stat("/sys/kernel/btf/vmlinux")
	switch missing := missingCapabilities(); {
	case errors.Is(err, errArchitecture):
		e.Rule = "not on this architecture"
	case missing != "":
		e.condition, e.plain = tracehook.ErrNotPermitted, true
		e.Rule = "observing takes " + missing + "; run as root"
	case errors.Is(err, syscall.EPERM) && contained():
		// bpf_capable in include/linux/capability.h asks for those of the first one.
		e.condition, e.plain = tracehook.ErrNotPermitted, true
		e.Rule = "observing takes capabilities of the machine, and ours are of a user namespace (user_namespaces(7)); run outside as root"
	case errors.Is(err, syscall.EMFILE):
		e.Rule = "observing takes some dozen descriptors; raise the limit of open files (ulimit -n)"
	case lockedDown():
		e.condition = tracehook.ErrNotPermitted
		e.Rule = "the kernel is locked down for confidentiality, so that programs may not read it (kernel_lockdown(7))"
	case noBTF != nil:
		e.Rule = "the kernel does not describe its structures: there is no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)"
	case errors.Is(err, syscall.EPERM):
		e.condition = tracehook.ErrNotPermitted
		e.Rule = "the kernel refuses although we have the capabilities; perhaps a seccomp filter or a security module does"
	default:
		e.Rule = "this kernel cannot do it (Linux 5.8 is the oldest that has ring buffers)"
	}
	return e
}

// missingCapabilities names what we lack of the capabilities that are needed.
func missingCapabilities() string {
	self, err := procfs.ReadStatus(os.Getpid())
	if err != nil || self.Effective&(1<<capSysAdmin) != 0 {
		return ""
	}
	var names []string
	if self.Effective&(1<<capBPF) == 0 {
		names = append(names, "CAP_BPF")
	}
	if self.Effective&(1<<capPerfmon) == 0 {
		names = append(names, "CAP_PERFMON")
	}
	return strings.Join(names, " and ")
}

// contained reports whether we are in a user namespace below the first one, which
// alone has all ids (user_namespaces(7)).
func contained() bool {
	fields := strings.Fields(readLine("/proc/self/uid_map"))
	return !slices.Equal(fields, []string{"0", "0", "4294967295"})
}

// lockedDown reports whether /sys/kernel/security/lockdown has confidentiality
// chosen.
func lockedDown() bool {
	return strings.Contains(readLine("/sys/kernel/security/lockdown"), "[confidentiality]")
}

// readLine reads a small file; one that cannot be read is empty.
func readLine(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
