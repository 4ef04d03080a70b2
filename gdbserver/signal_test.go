//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"encoding/binary"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// A signal that a client sends with a step from its own breakpoint comes first: a
// handler is entered before the instruction, and returns to the breakpoint, which is hit
// again. So PTRACE_SINGLESTEP does it, and gdb counts on it where the breakpoint is an
// instruction of the program's. A signal that is ignored leaves a step.
func TestSignalWithStep(t *testing.T) {
	const sigusr1, sigwinch = 30, 20 // gdb's numbers
	s := serve(t, gdbserver.Options{}, "1")
	c := s.client()
	c.stop("?")
	c.breakAt(s.at["f"])
	hit := c.stop("vCont;c")
	if hit.Reason != rsp.SoftwareBreak {
		t.Fatalf("at the breakpoint: %+v", hit)
	}
	step := func(signal byte) (pc uint64) {
		t.Helper()
		packet := append(rsp.AppendHex([]byte("vCont;S"), []byte{signal}), ':')
		end := c.stop(string(hit.Thread.AppendTo(packet, true)))
		if end.Reason != rsp.Signalled || end.Signal != 5 || end.Thread != hit.Thread {
			t.Fatalf("the end of the step: %+v", end)
		}
		return binary.LittleEndian.Uint64(end.Registers[2].Value)
	}
	// On powerpc the kernel enters a handler where its address is, before the symbol's
	// own entry.
	const entries = 8
	if pc := step(sigusr1); s.at["handler"]-pc > entries {
		t.Errorf("with SIGUSR1 the step ends at %#x, the handler is at %#x", pc, s.at["handler"])
	}
	calls := rsp.Memory{Letter: 'm', Addr: s.at["calls"], Length: 4}
	before := c.ask(string(calls.AppendTo(nil)))
	if again := c.stop("vCont;c"); again.Reason != rsp.SoftwareBreak || again.Addr != hit.Addr {
		t.Fatalf("after the handler: %+v", again)
	}
	c.want(string(calls.AppendTo(nil)), before)
	handled := rsp.Memory{Letter: 'm', Addr: s.at["handled"], Length: 4}
	c.want(string(handled.AppendTo(nil)), "01000000")
	if pc := step(sigwinch); pc == s.at["f"] || pc-s.at["f"] > 16 {
		t.Errorf("with an ignored signal the step from %#x ends at %#x", s.at["f"], pc)
	}
}

// A client that sends a signal from a breakpoint where another client still holds the
// thread waits for that one, which is told of the signal before the handler runs, and
// decides about it; the handler comes before the instruction.
func TestSignalWhileHeldByAnother(t *testing.T) {
	const sigusr1 = 30
	s := serve(t, gdbserver.Options{}, "1")
	a, b := s.client(), s.client()
	for _, c := range []*client{a, b} {
		c.stop("?")
		c.breakAt(s.at["f"])
	}
	a.resume()
	b.resume()
	hit := a.await()
	if other := b.await(); hit.Reason != rsp.SoftwareBreak || other.Reason != rsp.SoftwareBreak {
		t.Fatalf("at the breakpoint: %+v and %+v", hit, other)
	}
	word := func(name string) string {
		return b.ask(string(rsp.Memory{Letter: 'm', Addr: s.at[name], Length: 4}.AppendTo(nil)))
	}
	for round, pass := range []bool{true, false} {
		calls := word("calls")
		resume := func(c *client, signal string) {
			t.Helper()
			if err := c.Send([]byte("vCont;" + signal + ":" + string(hit.Thread.AppendTo(nil, true)) + ";c")); err != nil {
				t.Fatal(err)
			}
		}
		resume(a, "C1e")
		resume(b, "c")
		if told := b.await(); told.Signal != sigusr1 || word("calls") != calls {
			t.Fatalf("told %+v with %s calls, after %s", told, word("calls"), calls)
		}
		if pass {
			resume(b, "C1e")
			for _, c := range []*client{a, b} {
				if again := c.await(); again.Reason != rsp.SoftwareBreak || again.Addr != hit.Addr {
					t.Fatalf("after the handler: %+v", again)
				}
			}
			if word("calls") != calls {
				t.Errorf("%s calls; before the signal there were %s", word("calls"), calls)
			}
		} else {
			resume(b, "c")
			a.await()
			b.await()
		}
		if want := "01000000"; word("handled") != want {
			t.Errorf("signal %d: handled %s times, want %s", round, word("handled"), want)
		}
	}
}
