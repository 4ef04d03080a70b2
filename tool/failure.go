package tool

import (
	"errors"
	"io/fs"
	"net"
	"syscall"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/launch"
)

// failureOf is an error for the wire: what commands tell apart survives.
func failureOf(err error) *api.Failure {
	f := &api.Failure{Text: err.Error()}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		f.Errno = int(errno)
	}
	var step *launch.Error
	var path *fs.PathError
	var host *net.DNSError
	switch {
	case errors.As(err, &host) && host.IsNotFound:
		f.Unknown, f.Path = true, host.Name
	case errors.As(err, &step):
		f.Start, f.Step, f.Path = true, step.Op, step.Path
	case errors.As(err, &path):
		f.Step, f.Path = path.Op, path.Path
	}
	return f
}

// ErrorOf is the error that was on the other side.
func ErrorOf(f *api.Failure) error {
	var reason error = &remoteError{f.Text, syscall.Errno(f.Errno)}
	if f.Errno != 0 && f.Step != "" {
		reason = syscall.Errno(f.Errno)
	}
	switch {
	case f.Unknown:
		return &net.DNSError{Err: f.Text, Name: f.Path, IsNotFound: true}
	case f.Start:
		return &launch.Error{Op: f.Step, Path: f.Path, Err: reason}
	case f.Step != "":
		return &fs.PathError{Op: f.Step, Path: f.Path, Err: reason}
	}
	return reason
}

// remoteError is an error of another process.
type remoteError struct {
	text  string
	errno syscall.Errno
}

func (e *remoteError) Error() string { return e.text }

// Is makes it match its errno.
func (e *remoteError) Is(target error) bool { return e.errno != 0 && target == error(e.errno) }

// As makes it be its errno, for who looks for one.
func (e *remoteError) As(target any) bool {
	errno, ok := target.(*syscall.Errno)
	if ok && e.errno != 0 {
		*errno = e.errno
		return true
	}
	return false
}
