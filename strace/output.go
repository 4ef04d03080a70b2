package strace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/utrace/utrace/strace/decode"
)

// bufferSize is how much of a trace may wait in memory when it goes to a file.
// Nothing waits longer than flushDelay.
const bufferSize = 32 << 10

// A sink is one place that text goes to. A write that fails silences it for
// good: the first error is the one worth telling.
type sink struct {
	w     io.Writer
	name  string // for messages
	buf   []byte
	limit int // write at the end of a line once so much is buffered
	dirty bool
	err   error
	close func() error
}

// lineEnd writes what is buffered if it is enough.
func (s *sink) lineEnd() {
	if len(s.buf) > s.limit {
		s.flush()
	}
}

func (s *sink) flush() {
	if len(s.buf) > 0 && s.err == nil {
		_, s.err = s.w.Write(s.buf)
	}
	s.buf = s.buf[:0]
}

func (s *sink) finish() error {
	s.flush()
	if s.close != nil {
		if err := s.close(); s.err == nil {
			s.err = err
		}
		s.close = nil
	}
	return s.err
}

// descriptor writes to a file descriptor as it is. An *os.File for standard
// error would end the process with SIGPIPE when its reader is gone (os/signal,
// "SIGPIPE"), and with it the trace of a program that could go on.
type descriptor int

func (d descriptor) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := syscall.Write(int(d), p[done:])
		switch {
		case err == nil:
			done += n
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			// Someone who shares the descriptor made it non-blocking.
			time.Sleep(time.Millisecond)
		default:
			return done, err
		}
	}
	return done, nil
}

// standardError returns the sink for messages, and for the trace without -o.
func standardError() *sink {
	return &sink{w: descriptor(2), name: "standard error"}
}

// standardOutput returns the sink for lines that are all there is.
func standardOutput() *sink {
	return &sink{w: descriptor(1), name: "standard output", limit: bufferSize}
}

// openOutput opens what -o names.
func openOutput(o *Options) (*sink, error) {
	if pipes(o.Output) {
		return openPipe(o.Output)
	}
	return openFile(o, o.Output)
}

// openThreadOutput opens the file of one thread (-ff).
func openThreadOutput(o *Options, tid int) (*sink, error) {
	return openFile(o, o.Output+"."+strconv.Itoa(tid))
}

func openFile(o *Options, name string) (*sink, error) {
	flags := os.O_WRONLY | os.O_CREATE
	if o.Append {
		flags |= os.O_APPEND
	} else {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return nil, fmt.Errorf("Can't fopen '%s': %w", name, inWords{err})
	}
	return &sink{w: f, name: name, limit: bufferSize, close: f.Close}, nil
}

// openPipe runs the command after the first character and writes to it.
func openPipe(output string) (*sink, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", output[1:])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", output, cause(err))
	}
	return &sink{w: w, name: output, close: func() error {
		err := w.Close()
		// How the reader ends is its own affair.
		if werr := cmd.Wait(); werr != nil && !errors.As(werr, new(*exec.ExitError)) {
			err = errors.Join(err, werr)
		}
		return err
	}}, nil
}

// cause takes the operation and the path off an error that names them itself.
func cause(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// reason is an error in strace's words: those of strerror(3).
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if text := decode.ErrnoText(int(errno)); text != "" {
			return text
		}
	}
	return err.Error()
}

// inWords is an error that reads so.
type inWords struct{ error }

func (e inWords) Error() string { return reason(e.error) }
func (e inWords) Unwrap() error { return e.error }
