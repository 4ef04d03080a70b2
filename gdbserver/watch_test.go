//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// A step over an instruction that triggers a watchpoint is told as that, not as a step.
func TestStepTriggersWatchpoint(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "1")
	c := s.client()
	c.stop("?")
	c.breakAt(s.at["g"])
	thread := c.stop("vCont;c").Thread
	z := rsp.Point{Type: rsp.Software, Addr: s.at["g"], Kind: 1}
	c.want(string(z.AppendTo(nil)), "OK")
	watch := rsp.Point{Insert: true, Type: rsp.WatchWrite, Addr: s.at["watched"], Kind: 8}
	c.want(string(watch.AppendTo(nil)), "OK")
	step := "vCont;s:" + string(thread.AppendTo(nil, true))
	for range 10 { // g writes first of all
		hit := c.stop(step)
		if hit.Reason == rsp.Watch {
			if hit.Addr != s.at["watched"] {
				t.Errorf("told %+v", hit)
			}
			return
		}
		if hit.Reason != rsp.Signalled || hit.Signal != 5 {
			t.Fatalf("a step: %+v", hit)
		}
	}
	t.Error("the write was not seen")
}
