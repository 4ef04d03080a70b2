package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/utrace/utrace/api"
)

// ErrRunning is returned by Serve when another owner has the socket.
var ErrRunning = errors.New("an owner is running already")

// socket is the listening socket, and the lock that makes its owner the only one.
type socket struct {
	*net.UnixListener
	lock *os.File
}

// socketFor is the socket of a predecessor, who had a keeper hold it by these
// names; else what given has; else a new one.
func socketFor(path, name, lock string, given func() (*socket, error)) (*socket, error) {
	s, err := inheritedSocket(name, lock)
	if s == nil && err == nil {
		s, err = given()
	}
	if s == nil && err == nil {
		s, err = listen(path)
	}
	return s, err
}

// listen makes the socket, in a directory for this user alone.
func listen(path string) (*socket, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := api.Place(path); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("%s: %w", path, ErrRunning)
	}
	_ = os.Remove(path) // of an owner that was killed
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		_ = lock.Close()
		return nil, err
	}
	return &socket{UnixListener: l, lock: lock}, nil
}

// close gives the socket up.
func (s *socket) close() {
	_ = s.UnixListener.Close()
	if s.lock != nil {
		_ = s.lock.Close()
	}
}
