package notify

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Double is a descriptor that looks to poll(2) and close(2) like a listener: a
// socket of a pair, whose other end we keep. What is asked of it by ioctl(2) has to
// be intercepted.
type Double struct {
	// ours is our end; gone is an epoll set that is readable when nobody has the
	// other end any more.
	ours, gone int
	// Inode is the number of the other end's file.
	Inode uint64
	in    bool // it shows POLLIN
	out   bool // it shows POLLOUT
}

// filling makes a socket unwritable, by being more than a quarter of its buffer
// (unix_writable in net/unix/af_unix.c).
var filling [4096]byte

// NewDouble makes one, and the descriptor that looks like a listener.
func NewDouble() (d *Double, theirs int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, -1, fmt.Errorf("socketpair: %w", err)
	}
	d = &Double{ours: pair[0], gone: -1, out: true}
	theirs = pair[1]
	fail := func(err error) (*Double, int, error) {
		unix.Close(theirs)
		d.Close()
		return nil, -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(theirs, &st); err != nil {
		return fail(err)
	}
	d.Inode = st.Ino
	if d.gone, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fail(err)
	}
	// No events: EPOLLHUP is always one.
	if err := unix.EpollCtl(d.gone, unix.EPOLL_CTL_ADD, d.ours, &unix.EpollEvent{}); err != nil {
		return fail(err)
	}
	if err := unix.SetsockoptInt(theirs, unix.SOL_SOCKET, unix.SO_SNDBUF, 1); err != nil {
		return fail(err)
	}
	d.Show(false, false, theirs)
	return d, theirs, nil
}

// Gone is readable when the last copy of the other end has been closed.
func (d *Double) Gone() int { return d.gone }

// Ready has the other end show POLLIN.
func (d *Double) Ready() {
	if !d.in {
		d.in = true
		_, _ = unix.Write(d.ours, []byte{0})
	}
}

// Show has the other end, of which theirs is a copy, show POLLIN and POLLOUT or not.
func (d *Double) Show(in, out bool, theirs int) {
	var b [len(filling)]byte
	switch {
	case in:
		d.Ready()
	case d.in:
		_, _ = unix.Read(theirs, b[:])
		d.in = false
	}
	switch {
	case out && !d.out:
		for n, err := unix.Read(d.ours, b[:]); n > 0 && err == nil; {
			n, err = unix.Read(d.ours, b[:])
		}
	case !out && d.out:
		for {
			if _, err := unix.Write(theirs, filling[:]); err != nil {
				break
			}
		}
	}
	d.out = out
}

// Close has the other end show POLLHUP.
func (d *Double) Close() {
	unix.Close(d.ours)
	if d.gone >= 0 {
		unix.Close(d.gone)
	}
}

// CopyFD copies a descriptor of a process (pidfd_getfd(2)).
func CopyFD(pid, fd int) (int, error) {
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	return unix.PidfdGetfd(pidfd, fd, 0)
}

// AddFD gives the caller a copy of a descriptor; its call goes on waiting, unless
// the flags say otherwise (SECCOMP_IOCTL_NOTIF_ADDFD in seccomp_unotify(2)).
func (l *Listener) AddFD(id uint64, fd int, flags, number, fileFlags uint32) (int, error) {
	add := addFD{id: id, flags: flags, source: uint32(fd), target: number, fileFlags: fileFlags}
	for {
		n, _, e := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlAddFD, uintptr(unsafe.Pointer(&add)))
		switch e {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return -1, e
		}
	}
}
