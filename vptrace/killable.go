package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV a call that has been received waits
// for its answer without being disturbed by signals, but for a deadly one that finds
// no other pending (seccomp_do_user_notification in kernel/seccomp.c, complete_signal
// in kernel/signal.c). Our own listener is without that flag: who waits for us has to
// hear its signals. So when one has broken such a call off, the thread makes it again
// with all signals blocked, and waits on.

// shield is what keeps signals from a thread.
type shield struct {
	up   bool
	mask uint64 // of blocked signals, as the program has set it
}

// killable reports whether only deadly signals end the wait of the guard's call.
func (g *guard) killable() bool { return g.in.killable && g.state == received }

// deadly are the signals whose default action is to end the process without a core
// dump: HUP, INT, KILL, USR1, USR2, PIPE, ALRM, TERM, STKFLT, VTALRM, PROF, IO, PWR, and
// the real-time signals.
const deadly uint64 = 1<<0 | 1<<1 | 1<<8 | 1<<9 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<15 | 1<<25 | 1<<26 | 1<<28 | 1<<29 | (1<<64 - 1<<31)

// shieldFrom has the thread make the call again, at the exit of the broken one.
func (g *guard) shieldFrom(r *utrace.Report) {
	g.restore(r, true)
	status, err := procfs.ReadStatus(g.tid)
	pending := (status.Pending | status.SharedPending) &^ status.Blocked
	if err != nil || g.shield.up || pending&(^deadly|status.Caught|status.Ignored) == 0 {
		return
	}
	if mask, err := r.SignalMask(); err == nil && r.SetSignalMask(^uint64(0)) == nil {
		g.shield = shield{true, mask}
	}
}

// unshield has the thread hear its signals, as the program has it.
func (g *guard) unshield(r *utrace.Report) {
	if g.shield.up {
		g.shield.up = false
		_ = r.SetSignalMask(g.shield.mask)
	}
}

// returns is told of the notification of the call that was made again.
func (g *guard) returns(c *call) {
	g.call, g.from = g.in.s.ledger.In().Call, c.from
	if g.late == nil {
		g.in.s.ledger.Drop(g.place)
		g.place = g.in.s.ledger.Keep()
		return
	}
	if g.give(*g.late) == nil {
		g.late = nil
	}
}
