package gdbserver

import (
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// A process can have a signal pending when a client attaches to it. gdbserver attaches
// by SIGSTOP, before which a thread takes signals with lower numbers (next_signal in
// kernel/signal.c), so that the attachment is told with such a signal, and clients show
// it. Our own stop comes before every signal (get_signal there). So the first thread
// of the process is sent on once, to where it takes the signal.

// signalPatience is how long a thread may be on the way to a signal that is pending for
// it. Another thread can take one that is the process's, and job control hold it up.
const signalPatience = 100 * time.Millisecond

// goToSignal sends a thread that stands for the attachment of its process on to a signal
// that is pending for it, and reports whether there is one. On the way it may stop once
// more, at the end of a vfork.
func (t *thread) goToSignal() bool {
	if !t.fresh || !t.awaitsSignal() {
		return false
	}
	t.p.s.server.after(signalPatience, func() {
		t.fresh = false
		if t.state == stopping {
			t.state = runs
			t.ask()
		}
	})
	return true
}

// awaitsSignal reports whether a signal is pending that the client wants to hear of.
func (t *thread) awaitsSignal() bool {
	status, err := procfs.ReadStatus(t.id)
	if err != nil {
		return false
	}
	pending := (status.Pending | status.SharedPending) &^ status.Blocked
	for n := 1; n < int(syscall.SIGSTOP); n++ {
		if pending&(1<<(n-1)) != 0 && n != int(syscall.SIGKILL) && !t.uninteresting(n) {
			return true
		}
	}
	return false
}
