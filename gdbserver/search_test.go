//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
)

// Who only looks stops a thread for one slice of what it searches at a time, however
// much that is.
func TestObserverSearches(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "1")
	a := s.client()
	a.breakAt(s.at["f"]) // there is a thread then, with a stack
	pid := a.stop("vCont;c").Thread.PID
	a.want(string(rsp.Point{Type: rsp.Software, Addr: s.at["f"], Kind: 1}.AppendTo(nil)), "OK")
	a.resume()
	var stack procfs.Mapping
	err := procfs.Maps(pid, func(m procfs.Mapping) bool {
		if m.Path == "" && m.Read && m.End-m.Start > stack.End-stack.Start {
			stack = m
		}
		return true
	})
	slices := (stack.End - stack.Start) >> 20
	if err != nil || slices < 4 {
		t.Fatalf("%+v, %v", stack, err)
	}
	stops := func() uint64 { // each is a context switch of the thread that is looked at
		status, err := procfs.ReadStatus(pid)
		if err != nil {
			t.Fatal(err)
		}
		return status.Voluntary
	}
	o := s.clientAt(s.observers())
	before := stops()
	if reply := o.ask(string(rsp.Checksum{Addr: stack.Start, Length: stack.End - stack.Start}.AppendTo(nil))); reply[0] != 'C' {
		t.Fatalf("checksum: %q", reply)
	}
	if n := stops() - before; n < slices {
		t.Errorf("%d stops for %d slices", n, slices)
	}
}
