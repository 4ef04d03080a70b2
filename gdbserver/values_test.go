//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// g tells of every register what p does, whichever thread it was about before, and
// whatever was written since.
func TestAllRegisters(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "2")
	c := s.client()
	main := c.stop("?").Thread
	c.breakAt(s.at["f"])
	hit := c.stop("vCont;c").Thread
	choose := func(x rsp.Thread) { c.want(string(rsp.Select{Name: "Hg", Thread: x}.AppendTo(nil, true)), "OK") }
	one := func(n int) (string, bool) {
		reply, err := c.Exchange(rsp.Registers{Letter: 'p', Number: uint64(n)}.AppendTo(nil, true))
		return string(reply), err == nil
	}
	same := func(when string) (values []string) {
		t.Helper()
		for n := 0; ; n++ {
			value, known := one(n)
			if !known {
				break
			}
			values = append(values, value)
		}
		if all := c.ask("g"); all != strings.Join(values, "") {
			t.Fatalf("%s: p of each register:\n%q\ng:\n%s", when, values, all)
		}
		return values
	}
	for _, x := range []rsp.Thread{main, hit, main} {
		choose(x)
		same(fmt.Sprintf("of thread %+v", x))
	}
	choose(hit)
	at, written := 0, 0
	for n, old := range same("before anything is written") {
		begin, end := at, at+len(old)
		at = end
		// The lowest bit of a number that is no address.
		changed := []byte(old)
		if changed[1] ^= 1; old[1] < '0' || old[1] > '9' {
			continue // not there, or a letter is not the same with another bit
		}
		write := rsp.Registers{Letter: 'P', Number: uint64(n)}
		write.Values, _ = rsp.Hex(nil, changed)
		if _, err := c.Exchange(write.AppendTo(nil, true)); err != nil {
			continue // the kernel does not take it
		}
		now, _ := one(n)
		if got := c.ask("g")[begin:end]; got != now {
			t.Errorf("register %d was written: p tells %s, g %s", n, now, got)
		}
		if now != old {
			written++
		}
		write.Values, _ = rsp.Hex(nil, []byte(old))
		c.want(string(write.AppendTo(nil, true)), "OK")
	}
	if written < 10 {
		t.Errorf("%d registers could be changed", written)
	}
	same("after all was written")
}
