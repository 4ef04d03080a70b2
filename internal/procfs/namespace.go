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
