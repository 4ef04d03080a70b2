package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// SocketPath is where the owner of this user listens:
// $XDG_RUNTIME_DIR/utrace/owner, else /run/user/UID/utrace/owner, else
// /tmp/utrace-UID/owner. UTRACE_SOCKET overrides it.
func SocketPath() string {
	if path := os.Getenv("UTRACE_SOCKET"); path != "" {
		return path
	}
	const name = "utrace/owner"
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, name)
	}
	dir := fmt.Sprintf("/run/user/%d", os.Getuid())
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return filepath.Join(dir, name)
	}
	return fmt.Sprintf("/tmp/utrace-%d/owner", os.Getuid())
}

// ErrRunning is returned by Listen when another owner has the socket.
var ErrRunning = errors.New("an owner is running already")

// socket is the listening socket, and the lock that makes its owner the only one.
type socket struct {
	*net.UnixListener
	lock *os.File
}

// listen makes the socket, in a directory for this user alone.
func listen(path string) (*socket, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := private(dir); err != nil {
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
	return &socket{l, lock}, nil
}

// private checks that nobody else can put a socket of his own into the
// directory, which under /tmp he might have made before us.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a directory that only this user can write: remove it, or set UTRACE_SOCKET: %w", dir, syscall.EPERM)
	}
	return nil
}

// close gives the socket up.
func (s *socket) close() {
	_ = s.UnixListener.Close()
	_ = s.lock.Close()
}

// admitted checks who has connected.
func admitted(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var cred *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if uid := int(cred.Uid); uid != os.Getuid() && uid != 0 {
		return fmt.Errorf("process %d of user %d may not use the owner of user %d: %w", cred.Pid, uid, os.Getuid(), syscall.EPERM)
	}
	return nil
}
