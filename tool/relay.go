package tool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/nowait"
)

// Relay is a writer for callbacks on a core that others use, too: Write never
// waits. What the reader does not take at once is passed on by a goroutine of the
// relay's own; a callback should ask Behind afterwards, and have its thread wait.
// So whatever a thread writes itself comes behind what was printed of it, as if
// Write had waited.
//
// A client that is stopped (^Z) reads, and holds, nothing: what its terminal is to
// show is kept until it goes on, and if that becomes too much, counted.
type Relay struct {
	open   func() (io.Writer, error)
	filled *sync.Cond
	done   chan struct{}

	// mu guards what follows; filled waits on it.
	mu      sync.Mutex
	file    *os.File // what is open, if it is a file and nothing waits
	text    []byte
	waiting []*utrace.Engine
	job     *job            // whose terminal it is, or nil
	gone    <-chan struct{} // closed with the client whose stream it is, or nil
	lossy   bool
	missed  int // lines that are not in text
	closed  bool
	err     error
}

// NewRelay makes a relay to what open returns, which is called on the relay's
// goroutine. An error of open is one of writing. What is an io.Closer is closed in
// the end.
func NewRelay(open func() (io.Writer, error)) *Relay {
	r := &Relay{open: open, done: make(chan struct{})}
	r.filled = sync.NewCond(&r.mu)
	go r.pass()
	return r
}

// RelayTo makes a relay to what is open already. To a Stream, it stays open.
func RelayTo(w io.Writer) *Relay {
	r := NewRelay(func() (io.Writer, error) { return w, nil })
	r.mu.Lock()
	r.file, r.job, r.gone = fileOf(w), jobOf(w), goneOf(w)
	r.mu.Unlock()
	return r
}

// LossyRelayTo makes a relay for who makes nobody wait: a reader that is far behind
// finds lines counted in place of themselves.
func LossyRelayTo(w io.Writer) *Relay {
	r := RelayTo(w)
	r.mu.Lock()
	r.lossy = true
	r.mu.Unlock()
	return r
}

// maxKept is how much is kept for a client that is stopped, and maxBehind for one that
// is behind, if nobody waits for it.
const (
	maxKept   = 64 << 10
	maxBehind = 1 << 20
)

// Write implements io.Writer. The error is that of the first write that failed.
func (r *Relay) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	halted := r.job.stopped()
	if (halted || r.missed != 0 || r.lossy && len(r.text)+len(p) > maxBehind) && r.err == nil {
		r.keep(p, halted)
		return len(p), nil
	}
	if ended(r.gone) && r.err == nil {
		r.err = errClientGone
	}
	done := 0
	if r.file != nil && r.err == nil {
		done, r.err = nowait.Write(r.file, p)
	}
	if r.err != nil {
		return done, r.err
	}
	if done < len(p) {
		r.file = nil
		r.text = append(r.text, p[done:]...)
		r.filled.Signal()
	}
	return len(p), nil
}

// keep keeps what is written while the client is stopped, as far as there is room. The
// lock is held.
func (r *Relay) keep(p []byte, halted bool) {
	if halted && r.missed == 0 && len(r.text)+len(p) <= maxKept {
		r.text = append(r.text, p...)
	} else {
		r.missed += max(1, bytes.Count(p, []byte{'\n'}))
	}
	r.file = nil
	r.filled.Signal()
}

// Behind reports whether the reader is behind, so that the engine's thread is to
// wait: the callback has to answer utrace.Stop, and the relay lets it go on.
func (r *Relay) Behind(e *utrace.Engine) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.text) == 0 || r.err != nil || r.closed || r.job.stopped() {
		return false
	}
	r.waiting = append(r.waiting, e)
	return true
}

// Close writes what is left and closes what was opened. Threads that wait go on.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed = true
	r.filled.Signal()
	r.mu.Unlock()
	<-r.done
	return r.err
}

// pass writes until Close.
func (r *Relay) pass() {
	defer close(r.done)
	w, err := r.open()
	r.fail(err)
	for {
		text, waiting, closed := r.take(w)
		if len(text) != 0 && err == nil {
			_, err = w.Write(text)
			r.fail(err)
		}
		release(waiting)
		if closed && len(text) == 0 {
			break
		}
	}
	if c, ok := w.(io.Closer); ok {
		r.fail(c.Close())
	}
}

// take waits for something to write, or the end. Meanwhile Write writes itself. A
// client that is stopped is waited for, too.
func (r *Relay) take(w io.Writer) (text []byte, waiting []*utrace.Engine, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.text) == 0 && r.missed == 0 && !r.closed {
		r.file = fileOf(w)
		r.filled.Wait()
	}
	for r.job.stopped() {
		waiting, r.waiting = r.waiting, nil
		r.mu.Unlock()
		release(waiting)
		time.Sleep(glance)
		r.mu.Lock()
	}
	text, waiting = r.text, r.waiting
	if r.missed != 0 {
		why := "this command was stopped"
		if r.lossy {
			why = "nobody has read this in time"
		}
		text = fmt.Appendf(text, "\nutrace: %s: %d lines are left out\n", why, r.missed)
	}
	r.text, r.waiting, r.missed = nil, nil, 0
	return text, waiting, r.closed
}

// release has threads that wait go on.
func release(waiting []*utrace.Engine) {
	if len(waiting) != 0 {
		waiting[0].Thread().Core().ControlAll(context.Background(), waiting, utrace.Resume)
	}
}

// fail notes the first error.
func (r *Relay) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}
