package vptrace

import (
	"runtime"
	"slices"
	"sync"

	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/syscalls"
)

// callKind is a system call that comes to the Server, whatever its number.
type callKind uint8

const (
	otherCall callKind = iota
	callPtrace
	callWaitpid
	callWait4
	callWaitid
	callTkill
	callTgkill
	callOpenat
	callSigaction
	callPrctl
	callPread
	callPwrite
	callSeccomp
	callIoctl
	callFstatfs
	callFstatfs64
	callLandlock
)

var kindNames = map[string]callKind{
	"ptrace": callPtrace, "waitpid": callWaitpid, "wait4": callWait4, "waitid": callWaitid, "tkill": callTkill, "tgkill": callTgkill,
	"openat": callOpenat, "rt_sigaction": callSigaction, "prctl": callPrctl, "pread64": callPread, "pwrite64": callPwrite, "seccomp": callSeccomp,
	"ioctl": callIoctl, "fstatfs": callFstatfs, "fstatfs64": callFstatfs64,
	"landlock_restrict_self": callLandlock,
}

// callNumber is a system call of an architecture.
type callNumber struct {
	arch   uint32
	number int32
}

// kinds has the calls of the programs that can be virtual tracers here: those
// whose requests we can make as they make them. That excludes 32-bit programs
// except on x86 (see compat.go), and programs of x32.
var kinds = sync.OnceValue(func() map[callNumber]callKind {
	m := map[callNumber]callKind{}
	for _, abi := range tracerABIs() {
		for name, kind := range kindNames {
			if call, ok := abi.ByName(name); ok {
				m[callNumber{abi.AuditArch, int32(call.Number)}] = kind
			}
		}
	}
	return m
})

func tracerABIs() []*syscalls.ABI {
	if runtime.GOARCH == "amd64" {
		return []*syscalls.ABI{syscalls.X86_64, syscalls.I386}
	}
	return syscalls.Native()[:1]
}

// kind is what the call is.
func (c *call) kind() callKind { return kinds()[callNumber{c.Arch, c.Number}] }

// numberOf is the number of a call by an architecture's ABI.
func numberOf(name string, arch uint32) (nr uint64, ok bool) {
	for _, abi := range tracerABIs() {
		if abi.AuditArch == arch {
			call, ok := abi.ByName(name)
			return uint64(call.Number), ok
		}
	}
	return 0, false
}

// isWait reports whether a number is, in any of the ABIs, that of a call which
// waits for children.
func isWait(number int64) bool {
	for c, kind := range kinds() {
		if int64(c.number) == number && (kind == callWaitpid || kind == callWait4 || kind == callWaitid) {
			return true
		}
	}
	return false
}

// memFlags are O_RDWR|O_CLOEXEC, by which debuggers open the memory of their
// tracees; 32-bit ones add O_LARGEFILE.
const (
	memFlags   = 0x80002
	memFlags32 = memFlags | 0x8000
	// readFlags are those of fopen(3) for reading.
	readFlags   = 0
	readFlags32 = 0x8000
)

// Rules are the system calls that a tracer's filter has to send to the Server.
// Of the calls of others the filter picks those that matter: a SIGSTOP that is
// sent to one thread, the opening of files that could be a process's memory, and
// transfers on descriptors with the numbers that these get.
func Rules() (rules []notify.Rule) {
	for _, abi := range tracerABIs() {
		add := func(name string, more ...notify.Rule) {
			call, ok := abi.ByName(name)
			if !ok {
				return
			}
			for _, r := range more {
				r.Arch, r.Number = abi.AuditArch, uint32(call.Number)
				rules = append(rules, r)
			}
		}
		all := notify.Rule{Arg: notify.Any}
		is := func(arg int, values ...uint32) (list []notify.Rule) {
			for _, v := range values {
				list = append(list, notify.Rule{Arg: arg, Value: v})
			}
			return list
		}
		opens := []uint32{memFlags, readFlags}
		if abi.WordSize == 4 {
			opens = []uint32{memFlags, memFlags32, readFlags, readFlags32}
		}
		onMem := notify.Rule{Arg: 0, Value: firstMemFD, Last: lastMemFD}
		add("ptrace", all)
		add("waitpid", all)
		add("wait4", all)
		add("waitid", all)
		add("tkill", is(1, sigstop)...)
		add("tgkill", is(2, sigstop)...)
		add("openat", is(2, opens...)...)
		add("rt_sigaction", is(0, sigchld)...)
		add("prctl", is(0, prGetSeccomp, prSetSeccomp)...)
		add("seccomp", all)
		add("ioctl", notify.Rule{Arg: 1, Value: listenerRequests, Mask: listenerRequestsMask})
		add("fstatfs", all)
		add("fstatfs64", all)
		add("landlock_restrict_self", all)
		add("pread64", onMem)
		add("pwrite64", onMem)
	}
	return slices.Clip(rules)
}
