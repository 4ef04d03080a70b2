//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// Two clients have breakpoints of their own. One that resumes while the other
// holds waits; each hears of its own stops only.
func TestTwoClients(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "1")
	a := s.client()
	a.stop("?")
	a.breakAt(s.at["main"])
	a.stop("vCont;c")
	b := s.client()
	b.stop("?")
	a.breakAt(s.at["f"])
	b.breakAt(s.at["g"])
	a.resume() // and waits: b holds
	if hit := b.stop("vCont;c"); hit.Reason != rsp.SoftwareBreak {
		t.Fatalf("the second client: %+v", hit)
	}
	b.resume()
	if hit := a.await(); hit.Reason != rsp.SoftwareBreak {
		t.Fatalf("the first client: %+v", hit)
	}
	// What one has planted the other does not see.
	text := rsp.Memory{Letter: 'm', Addr: s.at["g"], Length: 1}
	if a.ask(string(text.AppendTo(nil))) == "cc" {
		t.Error("the first client sees the breakpoint of the second")
	}
	// The second one goes without a word, and the first does not notice.
	b.conn.Close()
	for range 3 {
		if hit := a.stop("vCont;c"); hit.Reason != rsp.SoftwareBreak {
			t.Fatalf("afterwards: %+v", hit)
		}
	}
	a.want("vKill;"+string(rsp.AppendNumber(nil, uint64(a.stop("?").Thread.PID))), "OK")
}

// What the last client leaves behind stands still for the next one.
func TestReconnect(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	a := s.client()
	pid := a.stop("?").Thread.PID
	a.breakAt(s.at["f"])
	a.stop("vCont;c")
	a.conn.Close()
	for !strings.Contains(s.log.String(), "GDBserver will reopen the connection") {
		time.Sleep(time.Millisecond) // the line is the sign; the test's deadline bounds it
	}
	b := s.client()
	if got := b.stop("?").Thread.PID; got != pid {
		t.Errorf("process %d is there, not %d", got, pid)
	}
	b.breakAt(s.at["g"])
	if hit := b.stop("vCont;c"); hit.Reason != rsp.SoftwareBreak {
		t.Errorf("the next client: %+v", hit)
	}
}

// In non-stop mode each thread stops by itself, and the others go on.
func TestNonStop(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	told := make(chan string, 8)
	c.Notify = func(content []byte) { told <- string(content) }
	c.want("QNonStop:1", "OK")
	c.stop("?")
	c.want("vStopped", "OK")
	c.breakAt(s.at["f"])
	c.want("vCont;c", "OK")
	for len(told) == 0 {
		c.ask("qC") // something that the notification can come before
	}
	text, found := strings.CutPrefix(<-told, "Stop:")
	if hit := c.parse(text); !found || hit.Reason != rsp.SoftwareBreak {
		t.Fatalf("told %q", text)
	}
	for c.ask("vStopped") != "OK" {
	}
	// The leader still runs: it is stopped by name.
	leader := c.ask("qXfer:threads:read::0,fff")
	if !strings.Contains(leader, "<thread id=") {
		t.Errorf("threads: %q", leader)
	}
	c.want("vCont;t", "OK")
}

// A ^C that comes when nothing runs stops what runs next.
func TestEarlyInterrupt(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	c.stop("?")
	if err := c.Interrupt(); err != nil {
		t.Fatal(err)
	}
	if hit := c.stop("vCont;c"); hit.Reason != rsp.Signalled || hit.Signal != 2 {
		t.Errorf("after ^C: %+v", hit)
	}
}

// In non-stop mode a client that connects to what stands is told of one thread, and
// of the others when it asks for their stop.
func TestAskForStops(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "2")
	first := s.client()
	first.stop("?")
	first.breakAt(s.at["g"])
	first.stop("vCont;c")
	c := s.client()
	told := make(chan string, 8)
	c.Notify = func(content []byte) { told <- string(content) }
	c.want("QNonStop:1", "OK")
	one := c.stop("?")
	c.want("vStopped", "OK")
	names := map[rsp.Thread]bool{one.Thread: true}
	c.want("vCont;t", "OK")
	for len(told) == 0 {
		c.ask("qC")
	}
	text, _ := strings.CutPrefix(<-told, "Stop:")
	for text != "OK" {
		stop := c.parse(text)
		if names[stop.Thread] || stop.Signal != 0 {
			t.Errorf("told %q", text)
		}
		names[stop.Thread] = true
		text = c.ask("vStopped")
	}
	if len(names) != 3 && len(names) != 2 { // the second thread may not have begun
		t.Errorf("told of %v", names)
	}
}

// A real gdb, twice.
func TestGDB(t *testing.T) {
	if _, err := exec.LookPath("gdb"); err != nil {
		t.Fatal("there is no gdb; scripts/deps test installs it")
	}
	s := serve(t, gdbserver.Options{Multi: true})
	cmd := exec.Command("gdb", "-nx", "-batch",
		"-iex", "set sysroot", "-iex", "set debuginfod enabled off",
		"-ex", "target extended-remote "+s.addr,
		"-ex", "set remote exec-file "+s.file, "-ex", "file "+s.file,
		"-ex", "break f if x == 3", "-ex", "run", "-ex", "print x", "-ex", "bt 1",
		"-ex", "delete", "-ex", "watch watched", "-ex", "continue", "-ex", "info threads",
		"-ex", "delete", "-ex", "stepi", "-ex", "set var stop = 1", "-ex", "continue")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	for _, word := range []string{"$1 = 3", "#0  f (x=", "Hardware watchpoint 2: watched", "exited with code 07"} {
		if !strings.Contains(string(out), word) {
			t.Errorf("gdb does not say %q:\n%s", word, out)
		}
	}
}
