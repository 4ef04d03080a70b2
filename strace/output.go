package strace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/tool"
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

// to makes the sink for what is opened. Where others share the core, writing must
// not make it wait, and neither must opening if that is done by a callback, later.
func (l *Log) to(name string, later bool, open func() (io.WriteCloser, error)) (*sink, error) {
	var r *tool.Relay
	if shared := l.env.Shared(); shared && later {
		r = tool.NewRelay(func() (io.Writer, error) { return open() })
	} else {
		w, err := open()
		if err != nil {
			return nil, err
		}
		if !shared {
			return &sink{w: w, name: name, close: w.Close}, nil
		}
		r = tool.RelayTo(w)
	}
	l.relays = append(l.relays, r)
	return &sink{w: r, name: name, close: r.Close}, nil
}

// stream is the sink for a standard stream, which stays open.
func (l *Log) stream(name string, w io.Writer) *sink {
	if !l.env.Shared() {
		return &sink{w: w, name: name}
	}
	r := tool.RelayTo(w)
	l.relays = append(l.relays, r)
	return &sink{w: r, name: name, close: r.Close}
}

// openOutput opens what -o names.
func (l *Log) openOutput() (*sink, error) {
	if o := l.opts.Output; pipes(o) {
		return l.openPipe(o)
	}
	return l.openFile(l.opts.Output, false)
}

// openThreadOutput opens the file of one thread (-ff).
func (l *Log) openThreadOutput(tid int) (*sink, error) {
	return l.openFile(l.opts.Output+"."+strconv.Itoa(tid), true)
}

func (l *Log) openFile(name string, later bool) (*sink, error) {
	flags := os.O_WRONLY | os.O_CREATE
	if l.opts.Append {
		flags |= os.O_APPEND
	} else {
		flags |= os.O_TRUNC
	}
	s, err := l.to(name, later, func() (io.WriteCloser, error) {
		f, err := l.env.OpenFile(name, flags, 0o666)
		if err != nil {
			return nil, fmt.Errorf("Can't fopen '%s': %w", name, inWords{err})
		}
		return f, nil
	})
	if err != nil {
		return nil, err
	}
	s.limit = bufferSize
	return s, nil
}

// openPipe runs the command after the first character and writes to it.
func (l *Log) openPipe(output string) (*sink, error) {
	return l.to(output, false, func() (io.WriteCloser, error) {
		w, err := l.env.Pipe(output[1:])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", output, cause(err))
		}
		return w, nil
	})
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
