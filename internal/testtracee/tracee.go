//go:build linux

// Package testtracee starts tiny programs that tell what is in their registers.
// They have no run-time system, which would use registers itself. Those of x86,
// 64-bit and 32-bit, are assembled here, so that tests need no compiler.
package testtracee

import (
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
)

// Tracee is a seized, stopped thread. It is a regset.Transport.
type Tracee struct {
	TID int

	// Bits are 64 or 32, of the programs that are assembled here. Body is where
	// their code begins that stores the registers, and Second its second
	// instruction. The first writes to Target.
	Bits                 int
	Body, Second, Target uint64

	t testing.TB
}

// StartFile starts a program and stops it, soon after its exec. The test is
// locked to its thread from here on. The program is killed when the test ends.
func StartFile(t testing.TB, path string) *Tracee {
	t.Helper()
	runtime.LockOSThread()
	pid, err := syscall.ForkExec(path, []string{path}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}})
	if err != nil {
		runtime.UnlockOSThread()
		t.Fatalf("start %s: %v", path, err)
	}
	p := &Tracee{TID: pid, t: t}
	t.Cleanup(p.end)
	if err := ptrace.Seize(pid, ptrace.OptExitKill); err != nil {
		t.Fatal(err)
	}
	if err := ptrace.Interrupt(pid); err != nil {
		t.Fatal(err)
	}
	p.Wait()
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
		var gpr [512]byte
		n, _ := p.ReadRegset(regset.NotePRStatus, gpr[:])
		abi, _ := regset.ABIFor(n, 0)
		p.t.Fatalf("tracee stopped for %v at %#x", sig, abi.PC(gpr[:n]))
	}
}

// ReadMemory fills p from an address.
func (p *Tracee) ReadMemory(addr uint64, to []byte) {
	p.t.Helper()
	if n, err := ptrace.Read(p.TID, uintptr(addr), to); err != nil || n != len(to) {
		p.t.Fatalf("read memory at %#x: %d, %v", addr, n, err)
	}
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
