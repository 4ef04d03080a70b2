//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// Of two processes the one that was begun last is interrupted, also where a ^C comes
// while gdb steps a thread of the other one off a breakpoint.
func TestInterruptTwoProcesses(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	run := rsp.Run{Path: s.file, Args: []string{"1"}}
	first := c.stop(string(run.AppendTo(nil)))
	last := c.stop(string(run.AppendTo(nil)))
	step := rsp.AppendResume(nil, []rsp.Action{{Kind: 's', Threads: first.Thread}}, true)
	if _, err := c.conn.Write(append(rsp.AppendPacket(nil, step), 3)); err != nil {
		t.Fatal(err)
	}
	if end := c.await(); end.Signal != 5 || end.Thread != first.Thread {
		t.Errorf("the step: %+v", end)
	}
	if hit := c.stop("vCont;c"); hit.Signal != 2 || hit.Thread.PID != last.Thread.PID {
		t.Errorf("interrupted: %+v, not process %d", hit, last.Thread.PID)
	}
	// A step that takes long is interrupted all the same.
	long := rsp.AppendResume(nil, []rsp.Action{{Kind: 'r', End: ^uint64(0), Threads: first.Thread}}, true)
	if _, err := c.conn.Write(append(rsp.AppendPacket(nil, long), 3)); err != nil {
		t.Fatal(err)
	}
	if hit := c.await(); hit.Signal != 2 || hit.Thread != first.Thread {
		t.Errorf("in a long step: %+v", hit)
	}
	for _, x := range []rsp.Stop{first, last} {
		c.want(string(rsp.Process{Name: "vKill", PID: x.Thread.PID}.AppendTo(nil)), "OK")
	}
}
