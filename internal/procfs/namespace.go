package procfs

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// nsGetParent is NS_GET_PARENT of ioctl_ns(2).
const nsGetParent = 0xb702

// PIDNamespace is the inode number of the PID namespace that a thread lives in,
// or of the one so many levels above it. To ask needs the right to look at the
// thread (PTRACE_MODE_READ), and to ask for those above that they are not above
// ours.
func PIDNamespace(tid, up int) (inode uint64, err error) {
	fd, err := retry(func() (int, error) { return unix.Open(path(tid, "ns/pid"), unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return 0, fail(tid, "ns/pid", err)
	}
	defer func() { _ = unix.Close(fd) }()
	for range up {
		parent, err := unix.IoctlRetInt(fd, nsGetParent)
		if err != nil {
			return 0, fail(tid, "ns/pid", err)
		}
		_ = unix.Close(fd)
		fd = parent
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, fail(tid, "ns/pid", err)
	}
	return st.Ino, nil
}

// PIDFrom is our id of the thread that has this id in the PID namespace in which a
// thread lives; ESRCH: it has none, or the namespace is another one than inode. Any
// other error: the kernel cannot tell.
func PIDFrom(member int, inode uint64, theirs int) (ours int, err error) {
	fd, err := retry(func() (int, error) { return unix.Open(path(member, "ns/pid"), unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return 0, fail(member, "ns/pid", err)
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Ino != inode {
		return 0, fail(member, "ns/pid", unix.ESRCH)
	}
	n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.NS_GET_PID_FROM_PIDNS, uintptr(theirs)) // since Linux 6.11
	if errno != 0 {
		return 0, fail(member, "ns/pid", errno)
	}
	return int(n), nil
}

// Processes calls f with the ids of all processes, until it returns false.
func Processes(f func(pid int) bool) error {
	dir, err := os.Open(Root())
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		list, err := dir.Readdirnames(256)
		for _, name := range list {
			if pid, err := strconv.Atoi(name); err == nil && !f(pid) {
				return nil
			}
		}
		if len(list) == 0 || err != nil {
			return nil
		}
	}
}
