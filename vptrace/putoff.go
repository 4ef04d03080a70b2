package vptrace

import (
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// The kernel takes an answer for a caller whose call a signal is breaking off, and throws
// it away, as long as the caller has not run: it looks for signals first
// (seccomp_do_user_notification in kernel/seccomp.c). What a wait has told would then be
// told to nobody. So a wait is not answered while its caller has signals to see to.

// unsettled is how long it takes until it is looked again whether a signal has broken a
// wait off, or another thread has taken the signal.
const unsettled = time.Millisecond

// putsOff reports whether the answer to a wait is to come later, and sees to that.
func (t *tracer) putsOff(w *waitCall) bool {
	if w.putOff = t.breaks(w); w.putOff && !t.settles {
		t.settles = true
		t.s.core.Loop().After(unsettled, func() {
			if t.settles = false; t.s.tracers[t.tgid] == t {
				t.wake()
			}
		})
	}
	return w.putOff
}

// breaks reports whether a signal may be breaking the caller's wait off.
func (t *tracer) breaks(w *waitCall) bool {
	return t.signalled(w.id) && w.from.Valid(w.notification)
}

// signalled reports whether a thread of the tracer's may have a signal to see to. Of
// those that are pending for the process any of its threads may be about to take one. Who
// neither handles SIGCHLD nor is traced is not woken by it, and is not asked about.
func (t *tracer) signalled(tid int) bool {
	if !t.s.dispositions[t.tgid].handled && !t.s.traced(tid) {
		return false
	}
	status, err := procfs.ReadStatus(tid)
	return err == nil && (status.Pending|status.SharedPending)&^status.Blocked != 0
}
