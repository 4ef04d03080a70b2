package bpf

import (
	"time"

	"github.com/utrace/utrace/tracehook"
)

// summons is struct summons of the programs.
type summons struct {
	Time   uint64
	Signal uint32
	_      uint32
}

// Claim is asked by the tracer of a thread that is about to take a signal, whether
// that signal is how the programs have stopped it, for the call that Call.StopAt has
// chosen. If so it is not the program's, and must be dropped; delay is how long ago
// the call ended. From any goroutine.
//
// SIGWINCH is sent, or SIGURG to a thread that blocks that; one that blocks both is
// not stopped, see Event.Summoned. A thread that nobody traces, or somebody else than
// this process, is not either.
func (o *Observer) Claim(thread int, info *tracehook.Siginfo) (delay time.Duration, ok bool) {
	if info.Code() != tracehook.SiKernel || info.PID() != 0 {
		return 0, false
	}
	if !o.enter() {
		return 0, false
	}
	defer o.release()
	var s summons
	id := uint32(thread)
	if o.kernel.Maps["summoned"].Lookup(id, &s) != nil || int(s.Signal) != info.Signo() {
		return 0, false
	}
	if o.kernel.Maps["summoned"].Delete(id) != nil {
		return 0, false // somebody else's
	}
	now, err := monotonic()
	if err != nil {
		now = s.Time
	}
	return time.Duration(now - s.Time), true
}

// enter keeps the maps from being given back, until release. It returns false if
// they have been.
func (o *Observer) enter() bool {
	for {
		n := o.users.Load()
		if n == 0 {
			return false
		}
		if o.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}
