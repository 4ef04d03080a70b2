package notify

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Call is a system call that waits: the kernel's struct seccomp_notif.
type Call struct {
	ID    uint64
	TID   uint32 // of the caller, in the PID namespace of who receives it
	Flags uint32

	Number int32
	Arch   uint32
	PC     uint64 // behind the system call instruction
	Args   [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// The requests of seccomp_unotify(2), and a flag since Linux 6.6: the waker
// expects to sleep soon, so the woken thread should run on its processor.
const (
	ioctlReceive  = 0xc0502100
	ioctlSend     = 0xc0182101
	ioctlValid    = 0x40082102
	ioctlAddFD    = 0x40182103
	ioctlSetFlags = 0x40082104

	flagContinue   = 1
	addAt          = 1
	flagSyncWakeUp = 1
)

// Listener is the receiving end of filters. Its methods do not allocate, and do
// not sleep if used as they say.
type Listener struct {
	fd   int
	resp response
}

// NewListener takes a descriptor over that came from Install.
func NewListener(fd int) *Listener {
	return &Listener{fd: fd}
}

// IsListener reports whether a descriptor is a listener's. Nothing else has that
// name: those of files begin with a slash.
func IsListener(fd int) bool {
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return err == nil && name == "anon_inode:seccomp notify"
}

// SleepsAfterAnswers tells the kernel whether to run a woken caller on the
// processor of who answered it, who is about to sleep. Kernels before 6.6 do
// not know it, and nothing is lost.
func (l *Listener) SleepsAfterAnswers(yes bool) {
	flags := uintptr(0)
	if yes {
		flags = flagSyncWakeUp
	}
	_, _, _ = syscall.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlSetFlags, flags)
}

// FD is the descriptor. It is readable when a call waits, and hangs up when no
// filtered thread is left.
func (l *Listener) FD() int { return l.fd }

// Close closes the descriptor. From then on the calls of filtered threads fail
// with ENOSYS.
func (l *Listener) Close() error { return unix.Close(l.fd) }

// Receive takes the next call. It must be called after the descriptor was seen
// readable, by one caller: then it does not sleep (recv_wait_event in
// kernel/seccomp.c). ENOENT: the caller has gone away meanwhile, or all have.
func (l *Listener) Receive(c *Call) error {
	*c = Call{} // the kernel insists
	return l.ioctl(ioctlReceive, unsafe.Pointer(c))
}

// Return answers a call: it returns the value, or fails with errno if that is
// not 0. ENOENT: a signal has interrupted the caller and the answer is void.
func (l *Listener) Return(id uint64, value int64, errno syscall.Errno) error {
	l.resp = response{id: id, value: value, errno: -int32(errno)}
	return l.ioctl(ioctlSend, unsafe.Pointer(&l.resp))
}

// ReturnFD answers a call with a copy of a descriptor, under the lowest number
// that is free.
func (l *Listener) ReturnFD(id uint64, fd int) error {
	return l.returnFD(id, addFD{id: id, source: uint32(fd)})
}

// ReturnFDAt answers a call with a close-on-exec copy of a descriptor under this
// number, which replaces whatever the caller has there (Linux 5.9). EBADF: its
// limit of open files is lower. It takes two steps: in one (Linux 5.14), a signal
// to us in between would leave the caller with an answer and no descriptor.
func (l *Listener) ReturnFDAt(id uint64, fd, number int) error {
	return l.returnFD(id, addFD{id: id, flags: addAt, source: uint32(fd), target: uint32(number), fileFlags: unix.O_CLOEXEC})
}

// addFD is struct seccomp_notif_addfd.
type addFD struct {
	id                               uint64
	flags, source, target, fileFlags uint32
}

func (l *Listener) returnFD(id uint64, add addFD) error {
	n, err := l.AddFD(id, int(add.source), add.flags, add.target, add.fileFlags)
	if err != nil {
		return err
	}
	return l.Return(id, int64(n), 0)
}

// Continue has the kernel execute the call as if there were no filter.
func (l *Listener) Continue(id uint64) error {
	l.resp = response{id: id, flags: flagContinue}
	return l.ioctl(ioctlSend, unsafe.Pointer(&l.resp))
}

// Valid reports whether the call still waits: what was read from its caller's
// memory or /proc before a true answer was the caller's.
func (l *Listener) Valid(id uint64) bool {
	return l.ioctl(ioctlValid, unsafe.Pointer(&id)) == nil
}

// Dead reports whether no filtered thread is left.
func (l *Listener) Dead() bool {
	fds := [1]unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

// Same reports whether a descriptor is of the very same listener. Where the
// kernel cannot compare (kcmp(2)) it is not.
func (l *Listener) Same(fd int) bool {
	const kcmpFile = 0
	self := uintptr(syscall.Getpid())
	order, _, e := syscall.RawSyscall6(unix.SYS_KCMP, self, self, kcmpFile, uintptr(l.fd), uintptr(fd), 0)
	return e == 0 && order == 0
}

// Await sleeps until one of the listeners at least is readable or dead, and
// reports which are.
func Await(listeners []*Listener) []bool {
	fds := make([]unix.PollFd, len(listeners))
	for i, l := range listeners {
		fds[i] = unix.PollFd{Fd: int32(l.fd), Events: unix.POLLIN}
	}
	for {
		if _, err := unix.Poll(fds, -1); err != unix.EINTR {
			break
		}
	}
	ready := make([]bool, len(fds))
	for i := range fds {
		ready[i] = fds[i].Revents != 0
	}
	return ready
}

func (l *Listener) ioctl(request uintptr, p unsafe.Pointer) error {
	_, _, e := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), request, uintptr(p))
	if e != 0 {
		return e
	}
	return nil
}
