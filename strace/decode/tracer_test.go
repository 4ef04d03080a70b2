package decode_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// A small tracer of this test's own drives the decoder: a locked thread,
// PTRACE_SYSCALL and PTRACE_GET_SYSCALL_INFO, nothing of the core.

const (
	ptraceGetSyscallInfo = 0x420e
	optionSysgood        = 0x1
	optionExitkill       = 0x100000
)

// traceMemory reads a stopped thread's memory.
type traceMemory int

func (pid traceMemory) ReadMemory(addr uint64, buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	local := syscall.Iovec{Base: &buf[0]}
	local.SetLen(len(buf))
	remote := struct{ base, len uintptr }{uintptr(addr), uintptr(len(buf))}
	call, _ := syscalls.Native()[0].ByName("process_vm_readv")
	n, _, e := syscall.Syscall6(uintptr(call.Number), uintptr(pid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if e != 0 {
		return 0, e
	}
	if int(n) < len(buf) {
		return int(n), io.ErrUnexpectedEOF
	}
	return int(n), nil
}

type syscallInfo struct {
	op    uint8
	_     [3]byte
	arch  uint32
	ip    uint64
	sp    uint64
	entry [8]uint64 // entry: nr, args; exit: rval, is_error
}

func getSyscallInfo(pid int) (info syscallInfo, err error) {
	_, _, e := syscall.Syscall6(syscall.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(pid), unsafe.Sizeof(info),
		uintptr(unsafe.Pointer(&info)), 0, 0)
	if e != 0 {
		return info, fmt.Errorf("PTRACE_GET_SYSCALL_INFO %d: %w", pid, e)
	}
	return info, nil
}

// trace runs a command and returns its system calls as decoded lines, from
// the first after execve.
func trace(t *testing.T, opts decode.Options, cmd *exec.Cmd) []string {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	defer cmd.Process.Release()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil {
		t.Fatal(err)
	}
	if err := syscall.PtraceSetOptions(pid, optionSysgood|optionExitkill); err != nil {
		t.Fatal(err)
	}
	d := decode.New(opts)
	call := &decode.Call{TID: pid, Mem: traceMemory(pid)}
	var lines []string
	var line []byte
	sig := 0
	for {
		if err := syscall.PtraceSyscall(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
		if _, err := syscall.Wait4(pid, &status, syscall.WALL, nil); err != nil {
			t.Fatal(err)
		}
		if !status.Stopped() {
			if len(line) > 0 {
				lines = append(lines, string(line)+") = ?")
			}
			if !status.Exited() || status.ExitStatus() != 0 {
				t.Errorf("%v: %v", cmd.Args, status)
			}
			return lines
		}
		sig = 0
		if status.StopSignal() != syscall.SIGTRAP|0x80 {
			if s := status.StopSignal(); s != syscall.SIGTRAP {
				sig = int(s)
			}
			continue
		}
		info, err := getSyscallInfo(pid)
		if err != nil {
			t.Fatal(err)
		}
		switch info.op {
		case 1:
			call.ABI, call.Nr, call.SP = syscalls.ByAuditArch(info.arch), info.entry[0], info.sp
			copy(call.Args[:], info.entry[1:7])
			line = d.Entry(line[:0], call)
		case 2:
			if len(line) == 0 {
				continue // the execve that started it
			}
			call.Result, call.IsError = int64(info.entry[0]), byte(info.entry[1]) != 0
			if call.IsError {
				call.Result = -call.Result
			}
			line = d.Exit(line, call)
			line = append(line, " = "...)
			lines = append(lines, string(d.Result(line, call)))
			line = line[:0]
		}
	}
}

// strace runs a command under the real strace and returns its lines.
func strace(t *testing.T, options []string, cmd *exec.Cmd) []string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is needed to compare with: apt-get install strace")
	}
	out := t.TempDir() + "/strace.out"
	args := append([]string{"-o", out, "-a", "0"}, options...)
	// Should the victim ever hang, the test says so soon.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, path, append(append(args, "--"), cmd.Args...)...)
	run.Env, run.Stdin, run.Stdout = cmd.Env, cmd.Stdin, cmd.Stdout
	// No error output, as for the command that this test traces itself.
	if err := run.Run(); err != nil {
		t.Fatalf("%v: %v", run.Args, err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var calls []string
	for _, l := range lines[1:] { // without the execve
		if !strings.HasPrefix(l, "+++") && !strings.HasPrefix(l, "---") {
			calls = append(calls, l)
		}
	}
	return calls
}

// A testCase is a call that testdata/victim makes.
type testCase struct {
	nr          uint64
	args        [6]uint64
	result      int64 // an error number when negative
	entry, exit []patch
}

type patch struct {
	addr uint64
	data []byte
}

const arena = 0x60000000

func writeCases(t *testing.T, cases []testCase) string {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(cases)))
	for _, c := range cases {
		b = binary.LittleEndian.AppendUint64(b, c.nr)
		for _, a := range c.args {
			b = binary.LittleEndian.AppendUint64(b, a)
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(c.result))
		for _, patches := range [][]patch{c.entry, c.exit} {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(patches)))
			for _, p := range patches {
				b = binary.LittleEndian.AppendUint64(b, p.addr)
				b = binary.LittleEndian.AppendUint32(b, uint32(len(p.data)))
				b = append(b, p.data...)
			}
		}
	}
	file := t.TempDir() + "/cases"
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// afterMarkers returns the line of each case.
func afterMarkers(lines []string) []string {
	var out []string
	for i, l := range lines {
		if strings.HasPrefix(l, "syscall_0x270f(") && i+1 < len(lines) {
			out = append(out, lines[i+1])
		}
	}
	return out
}

// buildVictim builds the program for an architecture.
func buildVictim(t *testing.T, goarch string) string {
	t.Helper()
	file := t.TempDir() + "/victim-" + goarch
	cmd := exec.Command("go", "build", "-o", file, "./testdata/victim")
	cmd.Env = append(os.Environ(), "GOARCH="+goarch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// compare runs the cases under both tracers.
func compare(t *testing.T, victim string, options []string, opts decode.Options, cases []testCase) (want, got []string) {
	t.Helper()
	file := writeCases(t, cases)
	command := func() *exec.Cmd {
		cmd := exec.Command(victim, file)
		cmd.Env = []string{"GODEBUG=asyncpreemptoff=1", "TZ=UTC"}
		return cmd
	}
	want = afterMarkers(strace(t, options, command()))
	got = afterMarkers(trace(t, opts, command()))
	if len(want) != len(cases) || len(got) != len(cases) {
		t.Fatalf("%d cases, %d lines of strace's, %d of ours", len(cases), len(want), len(got))
	}
	return want, got
}
