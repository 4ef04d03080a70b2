package actor

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

//go:embed program
var source embed.FS

// cflags make a program of which the script is all: no libc, no start-up code,
// addresses that are always the same.
var cflags = []string{"-O2", "-static", "-nostdlib", "-ffreestanding", "-no-pie", "-fno-pic", "-fno-stack-protector",
	"-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-mgeneral-regs-only", "-Wall", "-Wno-unused-function"}

// build returns the path of the 64-bit program, which has the 32-bit one next
// to it under the same name with 32 appended. They are kept in the user's cache
// directory under a name that has the hash of what they are made of.
var build = sync.OnceValues(func() (string, error) {
	hash := sha256.New()
	fmt.Fprint(hash, cflags)
	files := []string{"program/actor.c", "program/actor.h", "program/await.h"}
	for _, name := range files {
		text, err := source.ReadFile(name)
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "utrace-actor")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("actor-%x", hash.Sum(nil)[:8]))
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
	// The 32-bit program first: where the other is, both are.
	for _, target := range []struct{ name, bits, lacking string }{
		{path + "32", "-m32", "gcc and gcc-multilib"}, {path, "-m64", "gcc"},
	} {
		out := filepath.Join(tmp, "a.out")
		cmd := exec.Command("gcc", append(append([]string{target.bits}, cflags...), "-o", out, filepath.Join(tmp, "program", "actor.c"))...)
		if text, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("the programs under test cannot be built: %w (apt-get install %s)\n%s", err, target.lacking, text)
		}
		if err := os.Rename(out, target.name); err != nil {
			return "", err
		}
	}
	return path, nil
})

// Command returns the path and the arguments of a process that runs a script.
// The test fails if the script is wrong or there is no C compiler.
func Command(tb testing.TB, script string) (path string, argv []string) {
	tb.Helper()
	path, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	program, err := Parse(script)
	if err != nil {
		tb.Fatal(err)
	}
	return path, append([]string{path}, program.Args()...)
}

// Command32 is Command for a 32-bit process.
func Command32(tb testing.TB, script string) (path string, argv []string) {
	tb.Helper()
	path, argv = Command(tb, script)
	path += "32"
	argv[0] = path
	return path, argv
}
