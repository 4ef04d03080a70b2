package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// TestEX1_EX6_OneReport execs a program, a script with an interpreter, and what is not
// there: one report, one, and none. The new program's registers are all there.
func TestEX1_EX6_OneReport(t *testing.T) {
	r := newRig(t)
	parent := compile(t, "supervisor")
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n/nonexistent/program 2>/dev/null\necho $?\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := supervise(t, parent, nil, script)
	r.attachGroup(s.pid, utrace.Process, utrace.EventExec, &utrace.Funcs{Exec: func(x *utrace.Report, former int) utrace.Action {
		now := of(x)
		gpr := make([]byte, now.abi.GeneralSize())
		if n, err := now.ReadRegset(regset.NotePRStatus, gpr); err != nil || n != len(gpr) {
			t.Errorf("%d bytes of registers: %v", n, err)
		}
		if now.abi.View().Register("eflags") != nil && now.get(t, "eflags")&0x100 != 0 {
			t.Error("the trap flag is set")
		}
		r.log.Printf("exec, former %v", former == x.Thread().ID())
		return utrace.Resume
	}})
	s.begin()
	s.finish()
	r.expect("", "exec, former true")
	if s.output() != "127\n" {
		t.Errorf("output %q", s.output())
	}
}

// TestEX2_EX3_ByThread execs from a thread that is not the leader: the engines of all
// other threads hear of their end, those of this one go on under the leader's id.
func TestEX2_EX3_ByThread(t *testing.T) {
	r := newRig(t)
	p := r.start(`thread { spin }; thread { spin }; thread { barrier y; exec { print "new\n"; barrier z; exit 6 } }; pause`)
	p.Release()
	p.Expect("@y\n")
	tids := r.threads(p.PID, 3)
	execer := tids[2]
	engines := map[int]*utrace.Engine{}
	for _, tid := range append([]int{p.PID}, tids...) {
		engines[tid] = r.attach(tid, utrace.EventExec|utrace.EventExit|utrace.EventDeath|utrace.EventReap, r.recorder(fmt.Sprintf("[%d]", tid)))
	}
	p.Release()
	p.Expect("@z\n")
	r.expect(fmt.Sprintf("[%d]", execer), fmt.Sprintf("[%d] exec %d former %d", execer, p.PID, execer))
	for _, tid := range append([]int{p.PID}, tids[:2]...) {
		r.await(1, fmt.Sprintf("[%d] reap", tid))
		if n := r.log.Count(fmt.Sprintf("[%d] death", tid)); n != 1 {
			t.Errorf("%d deaths of %d", n, tid)
		}
		if err := engines[tid].Detach(); err == nil {
			t.Errorf("the engine of %d is alive", tid)
		}
	}
	// The engine goes on with the thread, and its memory is the new program's.
	e := engines[execer]
	if id := e.Thread().ID(); id != p.PID {
		t.Errorf("the thread's id is %d", id)
	}
	r.stop(e)
	now, x := r.examine(e)
	if n, err := x.ReadMemory(now.pc(t), make([]byte, 1)); n != 1 {
		t.Errorf("memory: %v", err)
	}
	r.control(e, utrace.Resume)
	p.Release()
	if s := p.Wait(); s.ExitStatus() != 6 {
		t.Errorf("status %#x", s)
	}
	r.await(1, fmt.Sprintf("[%d] reap %d exited with 6", execer, p.PID))
}

// TestEX4_View changes the view of the registers with the program.
func TestEX4_View(t *testing.T) {
	r := newRig(t)
	p := r.start("exec32 { exec64 { exit 1 } }")
	r.attach(p.PID, utrace.EventExec, &utrace.Funcs{Exec: func(x *utrace.Report, _ int) utrace.Action {
		r.log.Printf("%s %d", x.ABI().Name(), len(of(x).general(t)))
		return utrace.Resume
	}})
	p.Release()
	p.Wait()
	want := []string{"i386 68", "x86_64 216"}
	if runtime.GOARCH == "arm64" {
		want = []string{"arm 72", "arm64 272"}
	}
	r.expect("", want...)
}

// TestEX5_HeldSibling execs while an engine holds another thread: nothing holds that
// one then.
func TestEX5_HeldSibling(t *testing.T) {
	r := newRig(t)
	p := r.start(`thread { spin }; barrier y; exec { print "new\n" }`)
	p.Release()
	p.Expect("@y\n")
	held := r.attach(r.threads(p.PID, 1)[0], utrace.EventReap, r.recorder("H"))
	r.stop(held)
	p.Release()
	if s := p.Wait(); s != 0 || !strings.Contains(p.Output(), "new\n") {
		t.Errorf("status %#x, output %q", s, p.Output())
	}
	r.await(1, "H reap")
}

// TestRG8_Memory reads and writes memory in all the odd places.
func TestRG8_Memory(t *testing.T) {
	r := newRig(t)
	size := uint64(os.Getpagesize())
	path := compile(t, "exec")
	p, pid := startApart(t, path)
	p.expect("0x")
	until(t, "the addresses", func() bool { return strings.Count(p.output(), "0x") == 3 })
	var page, none, text uint64
	fmt.Sscanf(p.output()[strings.Index(p.output(), "0x"):], "%v %v %v", &page, &none, &text)
	e := r.attach(pid, 0, &utrace.Funcs{})
	r.stop(e)
	_, x := r.examine(e)
	read := func(addr uint64, n int) int { got, _ := x.ReadMemory(addr, make([]byte, n)); return got }
	if n := read(page+size-4, 8); n != 8 {
		t.Errorf("over the edge of a page: %d", n)
	}
	if n := read(page+2*size-4, 8); n != 4 {
		t.Errorf("over the end of the memory: %d, want 4", n)
	}
	if n := read(page+2*size, 1); n != 0 {
		t.Errorf("where nothing is: %d", n)
	}
	if n := read(none, 8); n != 8 { // a debugger may
		t.Errorf("memory without access: %d", n)
	}
	if n, err := x.WriteMemory(page+size-4, []byte("12345678")); n != 8 {
		t.Errorf("write into a page that is read-only: %d, %v", n, err)
	}
	code := make([]byte, 4)
	if n, err := x.ReadMemory(text, code); n != 4 {
		t.Errorf("text: %d, %v", n, err)
	}
	if n, err := x.WriteMemory(text, code); n != 4 {
		t.Errorf("write into text: %d, %v", n, err)
	}
	if n, err := x.WriteMemory(page+2*size-4, []byte("12345678")); n != 4 || err == nil {
		t.Errorf("write over the end of the memory: %d, %v", n, err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	r.control(e, utrace.Resume)
	p.stdin.Close()
	p.expect("status 0")
	if !strings.Contains(p.output(), "12345678\n") && !strings.Contains(p.output(), "12341234\n") {
		t.Errorf("output %q", p.output())
	}
}
