//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/regset"
)

// gdb connects a new gdb to the program that the server runs.
func (s *served) gdb() *debugger {
	s.t.Helper()
	d := newGDB(s.t, s.file)
	d.do("target remote " + s.addr)
	d.stop()
	return d
}

// Three gdbs on one program of several threads, each with a connection of its own:
// breakpoints at different and at the same address, a condition, a watchpoint, ^C;
// one detaches, one is killed.
func TestSeveralGDBs(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "3")
	a := s.gdb()
	a.do("break main")
	a.run()
	a.stop("breakpoint-hit", `func="main"`)
	b, c := s.gdb(), s.gdb()

	// At different addresses, and with a condition. Whoever resumes waits for
	// those that still hold.
	a.do("break f if x == 5")
	b.do("break g if x == 3")
	c.do("watch watched")
	a.run()
	b.run()
	a.quiet()
	b.quiet()
	if _, result := c.try("-exec-continue --all"); strings.HasPrefix(result, "error") {
		// Not every machine has debug registers. gdb is told so, and loses nothing else.
		if !strings.Contains(result, "Could not insert hardware watchpoint") {
			t.Fatalf("the watchpoint: %s", result)
		}
		t.Logf("this machine has no watchpoints: %s", result)
	} else {
		c.stop("watchpoint-trigger")
	}
	c.do("delete")
	c.run()
	b.stop("breakpoint-hit", `func="g"`)
	if x := b.do("print x"); !strings.Contains(x, "= 3") {
		t.Errorf("the condition x == 3 holds for %s", x)
	}
	a.quiet() // held by b
	c.quiet()
	b.do("delete")
	b.run()
	a.stop("breakpoint-hit", `func="f"`)
	if x := a.do("print x"); !strings.Contains(x, "= 5") {
		t.Errorf("the condition x == 5 holds for %s", x)
	}

	// At the same address: the code that each sees is the program's, and all stop.
	a.do("delete")
	b.do("-exec-interrupt --all")
	b.stop("signal-received", "SIGINT")
	c.do("-exec-interrupt --all")
	c.stop("signal-received", "SIGINT")
	for _, d := range []*debugger{a, b, c} {
		d.do("tbreak g")
	}
	if code := c.do("x/1xb g"); strings.Contains(code, "0xcc") {
		t.Errorf("a breakpoint of others shows: %s", code)
	}
	for _, d := range []*debugger{a, b, c} {
		d.run()
	}
	// Each holds what it is told of until it goes on, so they stop in turn.
	for left := []*debugger{a, b, c}; len(left) != 0; {
		i := firstStopped(left)
		left[i].stop("breakpoint-hit", `func="g"`)
		left[i].run()
		left = append(left[:i], left[i+1:]...)
	}

	// One is killed while it holds everything with a breakpoint planted; one
	// detaches. The third one goes on, and finds nothing of them.
	c.do("-exec-interrupt --all")
	c.stop("signal-received", "SIGINT")
	c.do("break f")
	c.run()
	c.stop("breakpoint-hit", `func="f"`)
	c.kill()
	a.do("-exec-interrupt --all")
	a.stop("signal-received", "SIGINT")
	a.do("detach")
	b.do("-exec-interrupt --all")
	b.stop("signal-received", "SIGINT")
	if code := b.do("x/1xb f"); strings.Contains(code, "0xcc") {
		t.Errorf("the killed gdb's breakpoint is left: %s", code)
	}
	b.do("thread 2") // the first one waits for the others
	b.do("stepi")
	b.stop("end-stepping-range")
	b.do("print stop = 1")
	b.run()
	b.stop("exited", "07")
}

// firstStopped waits until one of them has stopped.
func firstStopped(list []*debugger) int {
	for {
		for i, d := range list {
			select {
			case line := <-d.lines:
				if strings.HasPrefix(line, "*stopped") {
					d.stops = append(d.stops, line)
				}
			default:
			}
			if len(d.stops) != 0 {
				return i
			}
		}
	}
}

// hardwareBreak is gdb's command for a breakpoint in a debug register, where machines
// have such: POWER watches data only.
var hardwareBreak = func() string {
	if w, ok := regset.NativeABI().(regset.Watcher); ok {
		if _, err := w.SplitWatch(regset.Watch{Kind: regset.WatchExecute, Addr: 64, Len: 1}); err == nil {
			return "hbreak"
		}
	}
	return "break"
}()

// Two gdbs attach through one port to a process that runs. The one kills it, and the
// other is told.
func TestSeveralGDBsMulti(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	target := exec.Command(s.file, "3")
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	defer target.Process.Kill()
	attach := func() *debugger {
		d := newGDB(t, s.file)
		d.do("target extended-remote " + s.addr)
		d.do(fmt.Sprintf("attach %d", target.Process.Pid))
		d.stop()
		return d
	}
	a := attach()
	a.do("break f")
	a.run()
	a.stop("breakpoint-hit", `func="f"`)
	b := attach()
	b.do(hardwareBreak + " g")
	b.run()
	b.quiet() // a holds
	a.do("delete")
	a.run()
	b.stop("breakpoint-hit", `func="g"`)
	b.do("delete")
	if list := b.do("monitor clients"); strings.Count(list, "holds") != 2 {
		t.Errorf("clients: %s", list)
	}
	b.run()
	b.do("-exec-interrupt --all")
	b.stop("signal-received", "SIGINT")
	b.do("kill")
	a.stop("exited-signalled", "SIGKILL")
}

// A gdb that may only look: it reads, and the program goes on.
func TestObservingGDB(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "2")
	a := s.gdb()
	a.run()
	o := newGDB(t, s.file)
	o.do("target remote " + s.observers())
	o.stop()
	first := o.do("print calls")
	for o.do("flushregs"); o.do("print calls") == first; {
	}
	if text := o.do("x/s pattern"); !strings.Contains(text, "needle") {
		t.Errorf("the observer reads %s", text)
	}
	if _, result := o.try("print stop = 1"); !strings.HasPrefix(result, "error") {
		t.Errorf("the observer writes: %s", result)
	}
	o.do("info registers rip")
	o.do("disconnect")
	a.quiet()
	a.do("-exec-interrupt --all")
	a.stop("signal-received", "SIGINT")
	a.do("print stop = 1")
	a.run()
	a.stop("exited", "07")
}
