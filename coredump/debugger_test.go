package coredump_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/internal/testprogram"
)

// vectors waits in a system call with known values in vector and floating point
// registers.
const vectors = `
#include <stdio.h>
int known = 12345;
int main(void)
{
	static const float f[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	char b;
	puts("ready");
	fflush(stdout);
#ifdef __AVX__
	asm volatile("vmovups %0, %%ymm3; vmovups %0, %%ymm7" ::"m"(f) : "xmm3", "xmm7");
#else
	asm volatile("movups %0, %%xmm3; movups %0, %%xmm7" ::"m"(f) : "xmm3", "xmm7");
#endif
	asm volatile("fld1; fldpi");
#ifdef __x86_64__
	asm volatile("syscall" ::"a"(0L), "D"(0L), "S"(&b), "d"(1L) : "rcx", "r11", "memory");
#else
	asm volatile("push %%ebx; xor %%ebx, %%ebx; int $0x80; pop %%ebx" ::"a"(3), "c"(&b), "d"(1) : "memory");
#endif
	return 7;
}
`

// inVectors starts the program, with AVX where the processor has it.
func inVectors(t *testing.T, mode string) (path string, p *testprogram.Process, avx bool) {
	t.Helper()
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"-g", mode, "-msse2"}
	if avx = regexp.MustCompile(`(?m)^flags.* avx( |$)`).Match(cpu); avx {
		flags = append(flags, "-mavx")
	}
	path = testprogram.Build(t, "c", vectors, flags...)
	p = testprogram.Start(t, path)
	p.Line(t)
	awaitRead(t, p.Pid)
	return path, p, avx
}

// avx512 are lines about what gdb 13 does not find in a process where the processor
// has places of its own for it.
var avx512 = regexp.MustCompile(`(?m)^(k[0-7]|zmm\d+|[xy]mm(1[6-9]|2\d|3[01])) .*\n`)

// TestVectors: gdb has all registers, among them those of vectors for which this
// processor has places of its own.
func TestVectors(t *testing.T) {
	for _, mode := range []string{"-m64", "-m32"} {
		path, p, avx := inVectors(t, mode)
		file, _ := dumpTo(t, p.Pid, coredump.Options{})
		commands, want := []string{"-ex", "print $xmm3.v4_float", "-ex", "info all-registers"}, "= {1, 2, 3, 4}\n"
		if avx {
			commands, want = append(commands, "-ex", "print $ymm7.v8_float"), "= {1, 2, 3, 4, 5, 6, 7, 8}\n"
		}
		args := []string{"-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load off", path}
		var answers [2]string
		for i, from := range [][]string{{"-p", fmt.Sprint(p.Pid)}, {"-c", file}} {
			out, err := exec.Command("gdb", append(append(args, from...), commands...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("gdb: %v\n%s", err, out)
			}
			if strings.Contains(string(out), "warning: ") {
				t.Errorf("gdb warns:\n%s", out)
			}
			_, answer, _ := strings.Cut(string(out), "$1 = ")
			answer, _, _ = strings.Cut("$1 = "+answer, "[Inferior")
			answers[i] = avx512.ReplaceAllString(answer, "")
		}
		if answers[0] != answers[1] || !strings.Contains(answers[1], want) {
			t.Errorf("%s: of the process gdb says\n%s\nand of the core\n%s", mode, answers[0], answers[1])
		}
	}
}

// hasLLDB reports whether LLDB is here, as it has to be on x86-64: scripts/deps installs
// it. It is too large for the guests of other architectures.
func hasLLDB(t *testing.T) bool {
	t.Helper()
	_, err := exec.LookPath("lldb")
	if err != nil && runtime.GOARCH == "amd64" {
		t.Fatal(err)
	}
	return err == nil
}

// compareViews has LLDB say all about the first thread of both cores of a crash.
func compareViews(t *testing.T, path, ours, theirs string) {
	t.Helper()
	if !hasLLDB(t) {
		return
	}
	var answers [2]string
	for i, core := range []string{ours, theirs} {
		out, err := exec.Command("lldb", "--no-lldbinit", "-b", "-o", fmt.Sprintf("target create -c %s %s", core, path),
			"-o", "register read -a", "-o", "bt", "-o", "image list -f -o").CombinedOutput()
		if err != nil {
			t.Fatalf("lldb: %v\n%s", err, out)
		}
		_, answers[i], _ = strings.Cut(string(out), "(lldb) register read")
	}
	if answers[0] != answers[1] || !strings.Contains(answers[0], "xmm15 = ") && !strings.Contains(answers[0], "xmm7 = ") {
		t.Errorf("of our core LLDB says\n%s\nand of the kernel's\n%s", answers[0], answers[1])
	}
}

// TestLLDB: LLDB, too, sees in the core what it sees in the process. Of vector
// registers it shows only those of SSE in any core, also the kernel's.
func TestLLDB(t *testing.T) {
	if !hasLLDB(t) {
		t.Skip("LLDB is too large for the guests of other architectures")
	}
	line := regexp.MustCompile(`^ +[a-z0-9]+ = .*|^.* frame #.*|^\(int\) known = .*|^0x[0-9a-f]+: .*`)
	for mode, registers := range map[string]string{
		"-m64": "rip rsp rbp rax rbx rcx rdx rsi rdi r11 r12 rflags fs xmm3 xmm7 st0 st1",
		"-m32": "eip esp ebp eax ebx ecx edx esi edi eflags xmm3 xmm7 st0 st1",
	} {
		path, p, _ := inVectors(t, mode)
		file, _ := dumpTo(t, p.Pid, coredump.Options{Snapshot: true})
		var answers [2]string
		for i, open := range []string{fmt.Sprintf("process attach -p %d", p.Pid), fmt.Sprintf("target create -c %s %s", file, path)} {
			args := []string{"--no-lldbinit", "-b"}
			for _, command := range []string{"target create " + path, open, "register read " + registers, "bt", "target variable known", "memory read -f x -s 8 -c 16 '$sp'"} {
				args = append(args, "-o", command)
			}
			out, err := exec.Command("lldb", args...).CombinedOutput()
			if err != nil {
				t.Fatalf("lldb: %v\n%s", err, out)
			}
			_, answer, _ := strings.Cut(string(out), "(lldb) register read")
			for l := range strings.Lines(answer) {
				if l = strings.TrimRight(l, "\n"); line.MatchString(l) {
					answers[i] += l + "\n"
				}
			}
		}
		if answers[0] != answers[1] || strings.Count(answers[1], "\n") < len(strings.Fields(registers))+3 {
			t.Errorf("%s: of the process LLDB says\n%s\nand of the core\n%s", mode, answers[0], answers[1])
		}
	}
}
