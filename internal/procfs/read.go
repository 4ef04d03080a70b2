package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Error says what could not be read about which thread.
type Error struct {
	TID  int
	File string // the name below /proc/TID
	Err  error
}

func (e *Error) Error() string {
	if errors.Is(e.Err, syscall.ESRCH) {
		return fmt.Sprintf("thread %d does not exist", e.TID)
	}
	return fmt.Sprintf("thread %d: /proc/%d/%s: %v", e.TID, e.TID, e.File, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// fail makes an *Error. A thread that has no directory does not exist.
func fail(tid int, file string, err error) error {
	if err == syscall.ENOENT {
		if unix.Access(Root()+strconv.Itoa(tid), unix.F_OK) != nil {
			err = syscall.ESRCH
		}
	}
	return &Error{tid, file, err}
}

func path(tid int, file string) string {
	var buf [64]byte
	b := append(buf[:0], Root()...)
	b = strconv.AppendInt(b, int64(tid), 10)
	b = append(b, "/task/"...)
	b = strconv.AppendInt(b, int64(tid), 10)
	b = append(b, '/')
	return string(append(b, file...))
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// withFile calls parse with the content of a file. The content is only valid
// during the call.
func withFile(tid int, file string, parse func([]byte) error) error {
	if tid <= 0 {
		return &Error{tid, file, syscall.ESRCH}
	}
	fd, err := retry(func() (int, error) { return unix.Open(path(tid, file), unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return fail(tid, file, err)
	}
	defer unix.Close(fd)
	p := buffers.Get().(*[]byte)
	defer buffers.Put(p)
	b := (*p)[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := retry(func() (int, error) { return unix.Read(fd, b[len(b):cap(b)]) })
		if err != nil {
			return fail(tid, file, err)
		}
		if n <= 0 {
			break
		}
		b = b[:len(b)+n]
	}
	*p = b
	if err := parse(b); err != nil {
		return &Error{tid, file, err}
	}
	return nil
}

// ReadFile reads a file of /proc/TID.
func ReadFile(tid int, file string) (text []byte, err error) {
	err = withFile(tid, file, func(b []byte) error {
		text = bytes.Clone(b)
		return nil
	})
	return text, err
}

// copyName is what the files that Copy makes are called.
const copyName = "procfs"

// IsCopy reports whether a thread has such a file under a descriptor.
func IsCopy(tid, fd int) bool {
	name, err := FD(tid, fd)
	return err == nil && name == "/memfd:"+copyName+" (deleted)"
}

// Copy makes a file in memory that can be read only, and returns its descriptor.
func Copy(text []byte) (int, error) {
	fd, err := unix.MemfdCreate(copyName, unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, text); err != nil {
		return -1, err
	}
	return unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// retry repeats a call that a signal to the calling thread has interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return n, err
		}
	}
}

func readlink(tid int, file string) (string, error) {
	if tid <= 0 {
		return "", &Error{tid, file, syscall.ESRCH}
	}
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlink(path(tid, file), buf)
		if err != nil {
			return "", fail(tid, file, err)
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// names calls f with the names in a directory.
func names(tid int, dir string, f func(string) error) error {
	if tid <= 0 {
		return &Error{tid, dir, syscall.ESRCH}
	}
	fd, err := unix.Open(path(tid, dir), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fail(tid, dir, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 8192)
	var list []string
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(fd, buf) })
		if err != nil {
			return fail(tid, dir, err)
		}
		if n == 0 {
			return nil
		}
		_, _, list = unix.ParseDirent(buf[:n], -1, list[:0])
		for _, name := range list {
			if err := f(name); err != nil {
				return &Error{tid, dir, err}
			}
		}
	}
}

// errFormat is what the parsers give for text that no kernel prints.
var errFormat = fmt.Errorf("unexpected format: %w", syscall.EBADMSG)
