//go:build linux && (amd64 || 386)

// Package testtracee starts tiny programs, 64-bit and 32-bit, that tell what
// is in their registers. They are assembled here, so that tests need neither a
// compiler nor a run-time system in the tracee that would use registers
// itself.
package testtracee

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
)

// Tracee is a seized, stopped thread. It is a regset.Transport.
type Tracee struct {
	TID  int
	Bits int
	// Body is where the code begins that stores the registers, and Second its
	// second instruction. The first writes to Target.
	Body, Second, Target uint64

	t testing.TB
}

// Start starts a program of 32 or 64 bits and stops it in its first
// instruction. The test is locked to its thread from here on. The program is
// killed when the test ends.
func Start(t testing.TB, bits int) *Tracee {
	t.Helper()
	file, body, second := program(bits)
	path := filepath.Join(t.TempDir(), "tracee")
	if err := os.WriteFile(path, file, 0o700); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	pid, err := syscall.ForkExec(path, []string{path}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}})
	if err != nil {
		runtime.UnlockOSThread()
		t.Fatalf("start a %d-bit program: %v", bits, err)
	}
	p := &Tracee{TID: pid, Bits: bits, Body: body, Second: second, Target: resultAt, t: t}
	t.Cleanup(p.end)
	if err := ptrace.Seize(pid, ptrace.OptExitKill); err != nil {
		t.Fatal(err)
	}
	if err := ptrace.Interrupt(pid); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	// That may be on the way out of execve. One step leaves the system call.
	p.Step()
	return p
}

func (p *Tracee) end() {
	defer runtime.UnlockOSThread()
	unix.Kill(p.TID, unix.SIGKILL)
	for {
		var status unix.WaitStatus
		_, err := ptrace.Wait(p.TID, &status, ptrace.WaitAll)
		if err != syscall.EINTR && (err != nil || !status.Stopped()) {
			return
		}
	}
}

// Wait waits for the next stop and returns its signal.
func (p *Tracee) Wait() unix.Signal {
	p.t.Helper()
	for {
		var status unix.WaitStatus
		_, err := ptrace.Wait(p.TID, &status, ptrace.WaitAll)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || !status.Stopped() {
			p.t.Fatalf("tracee: status %#x, %v", status, err)
		}
		return status.StopSignal()
	}
}

// Step runs one instruction.
func (p *Tracee) Step() {
	p.t.Helper()
	if err := ptrace.SingleStep(p.TID, 0); err != nil {
		p.t.Fatal(err)
	}
	if sig := p.Wait(); sig != unix.SIGTRAP {
		p.t.Fatalf("tracee stopped for %v after a step", sig)
	}
}

// Run resumes the program and waits for its next trap, which has to be one.
func (p *Tracee) Run() {
	p.t.Helper()
	if err := ptrace.Cont(p.TID, 0); err != nil {
		p.t.Fatal(err)
	}
	if sig := p.Wait(); sig != unix.SIGTRAP {
		var gpr [216]byte
		n, _ := p.ReadRegset(regset.NotePRStatus, gpr[:])
		abi, _ := regset.ABIFor(n, 0)
		p.t.Fatalf("tracee stopped for %v at %#x", sig, abi.PC(gpr[:n]))
	}
}

// Result reads what the program has stored.
func (p *Tracee) Result() *Result {
	p.t.Helper()
	var r Result
	b := make([]byte, binary.Size(&r))
	if n, err := ptrace.Read(p.TID, resultAt, b); err != nil || n != len(b) {
		p.t.Fatalf("read the result: %d, %v", n, err)
	}
	if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, &r); err != nil {
		p.t.Fatal(err)
	}
	return &r
}

// ReadRegset and the other three are the methods of regset.Transport.
func (p *Tracee) ReadRegset(note regset.Note, buf []byte) (int, error) {
	return ptrace.GetRegset(p.TID, uint32(note), buf)
}

// WriteRegset writes the first bytes of a set.
func (p *Tracee) WriteRegset(note regset.Note, buf []byte) error {
	_, err := ptrace.SetRegset(p.TID, uint32(note), buf)
	return err
}

// PeekUser reads a word of the user area.
func (p *Tracee) PeekUser(off uintptr) (uint64, error) { return ptrace.PeekUser(p.TID, off) }

// PokeUser writes a word of the user area.
func (p *Tracee) PokeUser(off uintptr, v uint64) error { return ptrace.PokeUser(p.TID, off, v) }
