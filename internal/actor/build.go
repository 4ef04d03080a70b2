package actor

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed program
var source embed.FS

// EnvProgram names, in the environment of tests, a program that was built
// before: where they run there may be no compiler.
const EnvProgram = "UTRACE_ACTOR"

// cflags make a program of which the script is all: no libc, no start-up code,
// addresses that are always the same.
var cflags = []string{"-O2", "-static", "-nostdlib", "-ffreestanding", "-no-pie", "-fno-pic", "-fno-stack-protector",
	"-fno-asynchronous-unwind-tables", "-Wall", "-Wno-unused-function"}

// machineFlags keep the program to general registers, so that what tests put
// into others stays, and to instructions that stand in its source.
var machineFlags = map[string][]string{
	"x86_64":  {"-mgeneral-regs-only", "-fcf-protection=none"},
	"aarch64": {"-mgeneral-regs-only", "-mno-outline-atomics"},
	"arm":     {"-marm", "-march=armv8-a", "-mfloat-abi=soft"},
}

// build is Build for this machine.
var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(EnvProgram); path != "" {
		return path, nil
	}
	narrow := ""
	if runtime.GOARCH == "arm64" {
		narrow, _ = exec.LookPath("arm-linux-gnueabihf-gcc")
	}
	return Build("gcc", narrow, nil)
})

// Build builds the program with a C compiler, whose environment has env in
// addition, and returns its path. What a compiler for 32-bit programs makes of it,
// if there is one, is next to it under the same name with 32 appended; that of
// x86 does both.
//
// They are kept in the user's cache directory under a name that has the hash of
// what they are made of.
func Build(compiler, compiler32 string, env []string) (string, error) {
	machine, flags, err := target(compiler, env)
	if err != nil {
		return "", err
	}
	var flags32 []string
	if machine == "x86_64" {
		compiler32, flags32 = compiler, append(flags[:len(flags):len(flags)], "-m32")
	} else if compiler32 != "" {
		if _, flags32, err = target(compiler32, env); err != nil {
			return "", err
		}
	}
	hash := sha256.New()
	fmt.Fprint(hash, machine, flags, flags32)
	err = fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := source.ReadFile(name)
		hash.Write(text)
		return err
	})
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "utrace-actor")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("actor-%s-%x", machine, hash.Sum(nil)[:8]))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	tmp, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(tmp, source); err != nil {
		return "", err
	}
	compile := func(name, compiler string, flags []string) error {
		out := filepath.Join(tmp, "a.out")
		if _, err := run(env, compiler, slices.Concat(flags, []string{"-o", out, filepath.Join(tmp, "program", "actor.c")})...); err != nil {
			return err
		}
		return os.Rename(out, name)
	}
	// The 32-bit program first: where the other is, both are.
	if compiler32 != "" {
		if err := compile(path+"32", compiler32, flags32); err != nil {
			return "", fmt.Errorf("%w (apt-get install gcc-multilib)", err)
		}
	}
	return path, compile(path, compiler, flags)
}

// target is the machine that a compiler makes programs for, and its flags for ours.
func target(compiler string, env []string) (machine string, flags []string, err error) {
	machine, err = run(env, compiler, "-dumpmachine")
	machine, _, _ = strings.Cut(machine, "-")
	return machine, slices.Concat(cflags, machineFlags[machine]), err
}

// run runs a compiler.
func run(env []string, compiler string, args ...string) (string, error) {
	cmd := exec.Command(compiler, args...)
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the programs under test cannot be built: %w (apt-get install gcc)\n%s", err, text)
	}
	return strings.TrimSpace(string(text)), nil
}

// Command returns the path and the arguments of a process that runs a script,
// of the test's own word size. The test fails if the script is wrong or there is
// no C compiler.
func Command(tb testing.TB, script string) (path string, argv []string) {
	tb.Helper()
	if runtime.GOARCH == "386" {
		return Command32(tb, script)
	}
	return Command64(tb, script)
}

// Command64 is Command for a 64-bit process.
func Command64(tb testing.TB, script string) (path string, argv []string) {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	program, err := Parse(script)
	if err != nil {
		tb.Fatal(err)
	}
	if !twoSizes() && program.changesSize() {
		tb.Skip("no 32-bit programs are built for this machine")
	}
	return path, append([]string{path}, program.Args()...)
}

// Command32 is Command for a 32-bit process. The test is skipped where there are
// none.
func Command32(tb testing.TB, script string) (path string, argv []string) {
	tb.Helper()
	if !twoSizes() {
		tb.Skip("no 32-bit programs are built for this machine")
	}
	path, argv = Command64(tb, script)
	path += "32"
	argv[0] = path
	return path, argv
}

// changesSize reports whether the script executes a program of a given size.
func (p *Program) changesSize() bool {
	return slices.ContainsFunc(p.Instrs, func(in Instr) bool { return in.Op == Exec32 || in.Op == Exec64 })
}
