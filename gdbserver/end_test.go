//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// A non-stop client that holds a process which is killed is told when it resumes it,
// and finds a thread with registers till then.
func TestKilledWhileHeld(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	told := make(chan string, 8)
	c.Notify = func(content []byte) { told <- string(content) }
	c.want("QNonStop:1", "OK")
	held := c.stop("?").Thread
	c.want("vStopped", "OK")
	all := c.ask("g")
	if err := syscall.Kill(held.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(s.log.String(), "Child terminated with signal = 0x9 (SIGKILL)") {
		time.Sleep(time.Millisecond) // the line is the sign; the test's deadline bounds it
	}
	if threads := c.ask("qXfer:threads:read::0,fff"); !strings.Contains(threads, "<thread id=") {
		t.Errorf("threads: %q", threads)
	}
	if now := c.ask("g"); len(now) != len(all) || strings.Trim(now, "0") != "" {
		t.Errorf("registers: %q", now)
	}
	if len(told) != 0 {
		t.Errorf("told %q", <-told)
	}
	c.want("vCont;c", "OK")
	text, _ := strings.CutPrefix(<-told, "Stop:")
	if end := c.parse(text); end.Reason != rsp.Killed || end.Signal != int(syscall.SIGKILL) || end.Thread.PID != held.PID {
		t.Errorf("told %q", text)
	}
	c.want("vStopped", "OK")
}

// An all-stop client that wants to hear of threads is told of their beginnings and
// ends one by one.
func TestThreadEvents(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "2")
	c := s.client()
	c.stop("?")
	c.want("QThreadEvents:1", "OK")
	made := map[rsp.Thread]bool{}
	for range 2 {
		hit := c.stop("vCont;c")
		if hit.Reason != rsp.Created {
			t.Fatalf("told %+v", hit)
		}
		made[hit.Thread] = true
	}
	end := rsp.Memory{Letter: 'X', Addr: s.at["stop"], Data: []byte{1}}
	c.want(string(end.AppendTo(nil)), "OK")
	for range 2 {
		hit := c.stop("vCont;c")
		if hit.Reason != rsp.ThreadExited || !made[hit.Thread] {
			t.Fatalf("told %+v of %v", hit, made)
		}
		delete(made, hit.Thread)
	}
	if last := c.stop("vCont;c"); last.Reason != rsp.Exited || last.Code != 7 {
		t.Errorf("the end: %+v", last)
	}
}

// A non-stop client that kills a process which has just ended, before it has taken that,
// is answered at once.
func TestKillAfterEnd(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	told := make(chan string, 8)
	c.Notify = func(content []byte) { told <- string(content) }
	c.want("QNonStop:1", "OK")
	first := c.stop(string(rsp.Run{Path: s.file}.AppendTo(nil)))
	end := rsp.Memory{Letter: 'X', Addr: s.at["stop"], Data: []byte{1}}
	c.want(string(end.AppendTo(nil)), "OK")
	c.want("vCont;c", "OK")
	for len(told) == 0 {
		c.ask("vCont?") // and notifications come
	}
	if text, _ := strings.CutPrefix(<-told, "Stop:"); c.parse(text).Reason != rsp.Exited {
		t.Fatalf("told %q", text)
	}
	c.want(string(rsp.Process{Name: "vKill", PID: first.Thread.PID}.AppendTo(nil)), "OK")
	c.want("vStopped", "OK")
	c.want("?", "OK")
}
