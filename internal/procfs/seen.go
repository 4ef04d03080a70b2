package procfs

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ReadSeen reads a file of the proc that another process has at /proc, by its name
// below that: so the ids in it are those of the PID namespace which that proc shows.
// EXDEV: what it has there is no proc. The process cannot keep us waiting: nothing
// but a proc is asked for anything.
func ReadSeen(viewer int, name string) ([]byte, error) {
	root, err := retry(func() (int, error) { return unix.Open(path(viewer, "root"), unix.O_PATH|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, fail(viewer, "root", err)
	}
	defer unix.Close(root)
	const cached = 0x20 // RESOLVE_CACHED of openat2(2): a root of FUSE is not asked
	proc, err := unix.Openat2(root, "proc", &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: cached | unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return nil, fail(viewer, "root/proc", err)
	}
	defer unix.Close(proc)
	if !isProc(viewer, proc) {
		return nil, &Error{viewer, "root/proc", syscall.EXDEV}
	}
	fd, err := unix.Openat2(proc, name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_BENEATH,
	})
	if err != nil {
		return nil, fail(viewer, "root/proc/"+name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(f)
	return text.Bytes(), err
}

// isProc reports whether a folder is on a proc, by the list of mounts of the process
// whose mount it is: to ask the folder itself would ask its file system.
func isProc(viewer, fd int) bool {
	info, err := os.ReadFile(Root() + "self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return false
	}
	_, after, _ := bytes.Cut(info, []byte("mnt_id:\t"))
	id, _, ok := bytes.Cut(after, []byte{'\n'})
	mounts, err := ReadFile(viewer, "mountinfo")
	if err != nil || !ok {
		return false
	}
	for line := range bytes.Lines(mounts) {
		if number, rest, _ := bytes.Cut(line, []byte{' '}); bytes.Equal(number, id) {
			return bytes.Contains(rest, []byte(" - proc "))
		}
	}
	return false
}
