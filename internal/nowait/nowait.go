// Package nowait writes without waiting for readers, to descriptors of other
// processes whose flags are not ours to change.
package nowait

import (
	"os"

	"golang.org/x/sys/unix"
)

// piece is what a pipe takes without waiting if it is writable at all: PIPE_BUF of
// pipe(7).
const piece = 4096

// Write writes as much as can be written at once. n < len(p) without an error:
// the reader is behind.
func Write(f *os.File, p []byte) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { n, failed = write(int(fd), p) })
	if err == nil && failed != nil {
		err = &os.PathError{Op: "write", Path: f.Name(), Err: failed}
	}
	return n, err
}

func write(fd int, p []byte) (n int, err error) {
	for n < len(p) {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		switch k, err := unix.Poll(ready, 0); {
		case err == unix.EINTR:
			continue
		case err != nil:
			return n, err
		case k == 0:
			return n, nil
		}
		// With an error on the descriptor it is ready, too: write says which.
		k, err := unix.Write(fd, p[n:min(n+piece, len(p))])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return n, nil
		case err != nil:
			return n, err
		default:
			n += k
		}
	}
	return n, nil
}
