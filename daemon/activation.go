package daemon

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// activated returns the socket that a service manager has made for us, nil if
// there is none (sd_listen_fds(3)). The manager sees to it that nobody else can
// use it.
func activated() (*socket, error) {
	pid, fds := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	if pid != strconv.Itoa(os.Getpid()) || fds == "" {
		return nil, nil
	}
	if fds != "1" {
		return nil, fmt.Errorf("%s sockets were passed, and one is served: %w", fds, syscall.EINVAL)
	}
	const first = 3
	f := os.NewFile(first, "the socket that was passed")
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		_ = l.Close()
		return nil, fmt.Errorf("the socket that was passed is of %s, not of unix: %w", l.Addr().Network(), syscall.EINVAL)
	}
	u.SetUnlinkOnClose(false) // it is the manager's
	return &socket{UnixListener: u}, nil
}
