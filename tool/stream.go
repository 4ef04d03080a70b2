package tool

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// Stream is a standard stream of a client. It has no Close: who is told to write to
// it must not close it.
type Stream struct {
	file *os.File
	// job is the client, if the stream is a terminal; else nil.
	job *job
	// gone is closed with the client; nil: that stays.
	gone <-chan struct{}
}

// newStream makes the stream of a process. What it is stopped for (^Z) is its
// terminal: what goes to files is nobody's burden.
func newStream(file *os.File, j *job, gone <-chan struct{}) Stream {
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		j = nil
	}
	return Stream{file, j, gone}
}

// Write implements io.Writer. Who has gone, by ^C or SIGKILL, says nothing any more, least
// of all that he cannot be asked: his terminal is others'.
func (s Stream) Write(p []byte) (int, error) {
	if ended(s.gone) {
		return 0, errClientGone
	}
	return s.file.Write(p)
}

var errClientGone = fmt.Errorf("the client has gone: %w", syscall.EPIPE)

// ended reports whether a channel is closed.
func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// fileOf is the file that a writer is, or nil.
func fileOf(w io.Writer) *os.File {
	switch w := w.(type) {
	case *os.File:
		return w
	case Stream:
		return w.file
	}
	return nil
}

// jobOf is the client whose terminal a writer is, or nil.
func jobOf(w io.Writer) *job {
	if s, ok := w.(Stream); ok {
		return s.job
	}
	return nil
}

// goneOf is closed with the client whose stream a writer is, or nil.
func goneOf(w io.Writer) <-chan struct{} {
	if s, ok := w.(Stream); ok {
		return s.gone
	}
	return nil
}

// A job is a client's process, which job control may stop. Its methods may be called
// from anywhere.
type job struct {
	pid int
	// looked is when its state was read last, in ns since the first look, and halted
	// what it was.
	looked atomic.Int64
	halted atomic.Bool
	first  time.Time
}

func newJob(pid int) *job { return &job{pid: pid, first: time.Now().Add(-glance)} }

// glance is how old what is known of the state may be: short for who has typed ^Z,
// long beside the reading.
const glance = 20 * time.Millisecond

// stopped reports whether the process is stopped. Of a nil job it is false.
func (j *job) stopped() bool {
	if j == nil {
		return false
	}
	now, before := int64(time.Since(j.first)), j.looked.Load()
	if now-before >= int64(glance) && j.looked.CompareAndSwap(before, now) {
		stat, err := procfs.ReadStat(j.pid)
		j.halted.Store(err == nil && stat.State == 'T')
	}
	return j.halted.Load()
}
