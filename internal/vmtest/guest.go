package vmtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Guest is a machine that can be booted.
type Guest struct {
	Name   string
	GOARCH string
	// Env is for programs in the guest: what its kernel lacks.
	Env []string

	compiler   string
	compiler32 string // for 32-bit programs that the kernel runs, too
	qemu       string
	machine    []string
	console    string
	// cpu is a processor that the debuggers of Tools know, if they do not know the
	// machine's.
	cpu string
}

// noUring tells tests that io_uring cannot wait for children, which takes Linux
// 6.7.
var noUring = []string{"WAITLOOP_NO_URING=1"}

// Guests are the machines that scripts/guests knows.
//
// Pointer authentication with the standard's own algorithm makes arm64 boot
// eight times slower than with one of qemu's; and gdb 13 takes the debug registers of
// a processor that is newer than itself for none. x-vof takes the place of the
// firmware of ppc64le, which needs more time than the kernel; the capabilities
// are those that an emulated processor has not got.
var Guests = []Guest{
	{Name: "arm64", GOARCH: "arm64", Env: noUring, compiler: "aarch64-linux-gnu-gcc", compiler32: "arm-linux-gnueabihf-gcc", qemu: "aarch64", console: "ttyAMA0", cpu: "neoverse-n1",
		machine: []string{"-machine", "virt", "-cpu", "max,pauth-impdef=on", "-serial", "stdio"}},
	{Name: "arm64-backports", GOARCH: "arm64", compiler: "aarch64-linux-gnu-gcc", compiler32: "arm-linux-gnueabihf-gcc", qemu: "aarch64",
		console: "ttyAMA0", machine: []string{"-machine", "virt", "-cpu", "max,pauth-impdef=on", "-serial", "stdio"}},
	{Name: "ppc64le", GOARCH: "ppc64le", Env: noUring, compiler: "powerpc64le-linux-gnu-gcc", qemu: "ppc64", console: "hvc0",
		machine: []string{"-machine", "pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off",
			"-cpu", "power10", "-vga", "none", "-serial", "stdio"}},
	{Name: "riscv64", GOARCH: "riscv64", compiler: "riscv64-linux-gnu-gcc", qemu: "riscv64", console: "ttyS0",
		machine: []string{"-machine", "virt", "-cpu", "max", "-serial", "stdio"}},
	{Name: "s390x", GOARCH: "s390x", Env: noUring, compiler: "s390x-linux-gnu-gcc", qemu: "s390x", console: "ttysclp0",
		machine: []string{"-machine", "s390-ccw-virtio", "-cpu", "max",
			"-chardev", "stdio,id=c0", "-device", "sclpconsole,chardev=c0"}},
	{Name: "x86_64-6.1", GOARCH: "amd64", Env: noUring, compiler: "x86_64-linux-gnu-gcc", qemu: "x86_64", console: "ttyS0",
		machine: []string{"-machine", "q35", "-cpu", "max", "-serial", "stdio"}},
}

// ByName finds a guest; the name of an architecture will do.
func ByName(name string) (Guest, error) {
	var known []string
	for _, g := range Guests {
		if g.Name == name || g.GOARCH == name {
			return g, nil
		}
		known = append(known, g.Name)
	}
	return Guest{}, fmt.Errorf("no guest %q: there are %s", name, strings.Join(known, ", "))
}

// cache is where scripts/guests puts what it gets.
func cache() (string, error) {
	if dir := os.Getenv("UTRACE_GUESTS"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "utrace-guests"), err
}

// parts finds what the guest is made of.
func (g Guest) parts() (kernel, busybox string, err error) {
	dir, err := cache()
	if err != nil {
		return "", "", err
	}
	kernel, busybox = filepath.Join(dir, g.Name, "vmlinuz"), filepath.Join(dir, g.Name, "busybox")
	for _, file := range []string{kernel, busybox} {
		if _, err := os.Stat(file); err != nil {
			return "", "", fmt.Errorf("guest %s: %w; scripts/guests %s gets what is missing", g.Name, err, g.Name)
		}
	}
	return kernel, busybox, nil
}

// emulator is the program, and what its environment needs in addition: the one
// of scripts/guests brings libraries that the system may lack.
func (g Guest) emulator() (path string, env, args []string, err error) {
	dir, err := cache()
	if err != nil {
		return "", nil, nil, err
	}
	name := "qemu-system-" + g.qemu
	root := filepath.Join(dir, "qemu", "usr")
	if own := filepath.Join(root, "bin", name); exists(own) {
		return own, libraries(root), []string{"-L", filepath.Join(root, "share", "qemu"), "-L", filepath.Join(root, "share", "seabios")}, nil
	}
	return name, nil, nil, nil
}

// Compilers are a C compiler for the guest, and one for 32-bit programs if it runs
// such and the other makes none; and what their environment needs in addition.
func (g Guest) Compilers() (path, path32 string, env []string, err error) {
	dir, err := cache()
	if err != nil {
		return "", "", nil, err
	}
	root := filepath.Join(dir, "gcc", "usr")
	own := func(name string) string {
		if path := filepath.Join(root, "bin", name); name != "" && exists(path) {
			return path
		}
		return name
	}
	return own(g.compiler), own(g.compiler32), libraries(root), nil
}

// Tools is the directory of the programs that run in the guest: compilers and
// debuggers.
func (g Guest) Tools() (string, error) {
	dir, err := cache()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, g.Name, "tools")
	if !exists(filepath.Join(dir, "complete")) {
		return "", fmt.Errorf("guest %s: no tools; scripts/guests %s+tools gets them", g.Name, g.Name)
	}
	return dir, nil
}

// ForTools is the machine to be booted with the tools.
func (g Guest) ForTools() Guest {
	if i := slices.Index(g.machine, "-cpu"); g.cpu != "" && i >= 0 {
		g.machine = slices.Clone(g.machine)
		g.machine[i+1] = g.cpu
	}
	return g
}

// libraries makes programs find the libraries that lie beside them.
func libraries(root string) []string {
	dirs, _ := filepath.Glob(filepath.Join(root, "lib", "*-linux-gnu"))
	return []string{"LD_LIBRARY_PATH=" + strings.Join(dirs, ":")}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
