package actor

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/utrace/utrace/syscalls"
)

// Size is a size of programs that this machine runs.
type Size struct {
	Bits int
	// Start starts a script in a process of this size.
	Start func(tb testing.TB, script string) *Process
	abi   *syscalls.ABI
}

// Sizes are the sizes of programs that tests can trace here.
func Sizes() []Size {
	if !twoSizes() {
		return []Size{{64, Start, native()}}
	}
	if runtime.GOARCH == "arm64" {
		return []Size{{64, Start64, syscalls.ARM64}, {32, Start32, syscalls.ARM}}
	}
	return []Size{{64, Start64, syscalls.X86_64}, {32, Start32, syscalls.I386}}
}

// ABI is the one by which programs of this size make calls.
func (s Size) ABI() *syscalls.ABI { return s.abi }

// Number is the number of a call in programs of this size. It panics if the
// machine has no such call.
func (s Size) Number(name string) uint64 {
	call, ok := s.abi.ByName(name)
	if !ok {
		panic(fmt.Sprintf("no system call %s on %s", name, s.abi))
	}
	return uint64(call.Number)
}

// twoSizes: on arm64 the 32-bit program is there if a compiler for it was.
var twoSizes = sync.OnceValue(func() bool {
	if runtime.GOARCH != "arm64" {
		return runtime.GOARCH == "amd64" || runtime.GOARCH == "386"
	}
	path, err := build()
	if err == nil {
		_, err = os.Stat(path + "32")
	}
	return err == nil
})

// native is the ABI of the programs that Start starts.
func native() *syscalls.ABI { return syscalls.Native()[0] }

// Number is the number of a call in the programs that Start starts.
func Number(name string) uint64 { return Size{abi: native()}.Number(name) }

// instead names the calls that the program makes where there is no other, as in
// calls.h and await.h.
var instead = map[string][]string{
	"accept": {"accept4"}, "mq_receive": {"mq_timedreceive"}, "open": {"openat"}, "pause": {"ppoll"},
	"select": {"_newselect"}, "semop": {"semtimedop"}, "fcntl": {"fcntl64"},
}

// Numbers are the calls that a process which Start has started may block in for
// this one; none if the machine has no such call.
func (c Call) Numbers() []int64 { return Numbers(c.Kernel()) }

// Kernel is the kernel's name of the call.
func (c Call) Kernel() string { return syscalls.X86_64.CallName(c.Nr) }

// Numbers are the numbers of a call, and of those that the program makes instead.
func Numbers(call string) []int64 {
	var list []int64
	for _, name := range append([]string{call}, instead[call]...) {
		for _, suffix := range []string{"", "_time64"} {
			if here, ok := native().ByName(name + suffix); ok {
				list = append(list, int64(here.Number))
			}
		}
	}
	return list
}

// BadRegister is the register with the bad address at the signal of segv.
func BadRegister() string {
	return map[string]string{"x86_64": "rax", "i386": "eax", "arm64": "x0", "ppc64le": "r3", "riscv64": "a0", "s390x": "r1"}[native().Name]
}

// HandlerRegister is the register in which a handler finds its signal.
func HandlerRegister() string {
	return map[string]string{"x86_64": "rdi", "i386": "eax", "arm64": "x0", "ppc64le": "r3", "riscv64": "a0", "s390x": "r2"}[native().Name]
}

// Blocking are those of Calls that this machine has.
func Blocking() []Call {
	var list []Call
	for _, c := range Calls {
		if len(c.Numbers()) > 0 {
			list = append(list, c)
		}
	}
	return list
}
