package hooktest

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

// atWrite brings a process to the entry of the write of its next print.
func atWrite(t *testing.T, w World, script string) (*rig, Process, record) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `barrier a; `+script)
	p.Expect("@a\n")
	k := r.attach(p.PID(), tracehook.WantSyscalls)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.hold(tracehook.SyscallEntry, tracehook.SyscallExit)
	r.resume(k, tracehook.Run, 0)
	p.Release()
	for {
		e := r.waitFor("stop at a call", func(e record) bool {
			return e.Kind == tracehook.SyscallEntry || e.Kind == tracehook.SyscallExit
		})
		if e.Kind == tracehook.SyscallEntry && e.Syscall.Nr != w.Number("read") {
			return r, p, e
		}
		r.resume(k, tracehook.Run, 0)
	}
}

func memoryAndRegisters(t *testing.T, w World) {
	r, p, e := atWrite(t, w, `print "first"; print "second"`)
	k := e.Task
	text, n := e.Syscall.Args[1], int(e.Syscall.Args[2])
	r.check(func() error {
		abi := k.ABI()
		gpr := make([]byte, abi.GeneralSize())
		if _, err := k.ReadRegset(1, gpr); err != nil {
			return err
		}
		if abi.SyscallNumber(gpr) != w.Number("write") || abi.Arg(gpr, 1) != text || abi.PC(gpr) != e.Syscall.PC || abi.SP(gpr) != e.Syscall.SP {
			t.Errorf("the registers do not say what the event says: %+v", e.Syscall)
		}
		buf := make([]byte, n)
		if _, err := k.ReadMemory(text, buf); err != nil || string(buf) != "first" {
			t.Errorf("read %q, %v", buf, err)
		}
		ranges := []tracehook.Range{{Addr: text, Data: make([]byte, 2)}, {Addr: 8, Data: make([]byte, 2)}, {Addr: text + 2, Data: make([]byte, 3)}}
		if err := k.ReadMemoryV(ranges); err != nil || ranges[0].N != 2 || ranges[1].N != 0 || !bytes.Equal(ranges[2].Data, []byte("rst")) {
			t.Errorf("ranges %+v, %v", ranges, err)
		}
		if n, err := k.ReadMemory(8, buf); n != 0 || !errors.Is(err, syscall.EFAULT) && !errors.Is(err, syscall.EIO) {
			t.Errorf("read of nothing: %d, %v", n, err)
		}
		if _, err := k.WriteMemory(text, []byte("FIRST")); err != nil {
			return err
		}
		abi.SetArg(gpr, 2, 3)
		return k.WriteRegset(1, gpr)
	})
	r.hold()
	r.resume(k, tracehook.Run, 0)
	if p.Wait(); p.Output() != "@a\nFIRsecond" {
		t.Errorf("output %q", p.Output())
	}
}

func editSyscalls(t *testing.T, w World) {
	for name, c := range map[string]struct {
		atEntry, atExit func(record) error
		output          string
	}{
		"replace": {atEntry: func(e record) error { return e.Task.SetSyscall(500, [6]uint64{}) }, output: "@a\nr: ENOSYS\n"},
		"skip":    {atEntry: func(e record) error { return e.Task.SkipSyscall(77) }, output: "@a\nr: 77\n"},
		"fail":    {atEntry: func(e record) error { return e.Task.SkipSyscall(-1) }, output: "@a\nr: EPERM\n"},
		"result":  {atExit: func(e record) error { return e.Task.SetResult(-3) }, output: "@a\nr: ESRCH\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r, p, e := atWrite(t, w, `getppid; result r`)
			if e.Syscall.Nr != w.Number("getppid") {
				t.Fatalf("%v, want getppid", e)
			}
			if c.atEntry != nil {
				r.check(func() error { return c.atEntry(e) })
			}
			r.resume(e.Task, tracehook.Run, 0)
			exit := r.wait(tracehook.SyscallExit)
			if exit.Syscall.Nr != w.Number("getppid") || !exit.Syscall.Paired {
				t.Errorf("exit of %d (paired: %v), want getppid", exit.Syscall.Nr, exit.Syscall.Paired)
			}
			if c.atExit != nil {
				r.check(func() error { return c.atExit(exit) })
			}
			r.hold()
			r.resume(e.Task, tracehook.Run, 0)
			if p.Wait(); p.Output() != c.output {
				t.Errorf("output %q, want %q", p.Output(), c.output)
			}
		})
	}
}
