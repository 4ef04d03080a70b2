package procfs

import (
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Root is the folder that has the processes of our PID namespace, with a slash
// behind it: /proc/, unless somebody began the namespace and left /proc as it was
// ("unshare -p"). Then the ids there are those of other people, and a proc of our
// own is mounted, where only we can see it.
var Root = sync.OnceValue(func() string {
	const usual = "/proc/"
	self, err := os.Readlink(usual + "self")
	if err != nil || self == strconv.Itoa(os.Getpid()) {
		return usual
	}
	fd, err := mountOwn()
	if err != nil {
		return usual
	}
	// Not closed: it is needed as long as we live.
	return usual + "self/fd/" + strconv.Itoa(fd) + "/"
})

// mountOwn mounts a proc that is attached to no folder (fsmount(2)). It needs
// CAP_SYS_ADMIN in the user namespace that owns our PID namespace and the mount
// namespace, so a thread that is not used for anything else gets one of the
// latter.
func mountOwn() (fd int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if err = unix.Unshare(unix.CLONE_NEWNS); err == nil {
			fd, err = mountDetached()
		}
	}()
	<-done
	return fd, err
}

func mountDetached() (int, error) {
	fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(fs) }()
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}
