package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// countThreads says how many threads there are.
func countThreads(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// output is standard output. It keeps the first error, for who writes without looking.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		err = &outputError{err}
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// outputError is a failed write to standard output: there is no use in going on.
type outputError struct{ cause error }

func (e *outputError) Error() string {
	cause := e.cause
	if named := (*fs.PathError)(nil); errors.As(cause, &named) {
		cause = named.Err // its name may be any
	}
	return "write standard output: " + cause.Error()
}

func (e *outputError) Unwrap() error { return e.cause }

// readerGone reports whether nobody reads standard output any more, as behind head(1).
// Other programs are ended by SIGPIPE then, and say nothing.
func readerGone(err error) bool {
	var lost *outputError
	return errors.As(err, &lost) && errors.Is(lost.cause, syscall.EPIPE)
}
