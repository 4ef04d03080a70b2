package tool

import (
	"fmt"
	"os"
	"syscall"
)

// Duplicate makes another descriptor of the file that a standard stream of a command
// is (Env.Stdin, Env.Stdout). It is close-on-exec, and the caller's to close.
func Duplicate(stream any) (fd int, err error) {
	switch stream := stream.(type) {
	case Descriptor:
		return duplicate(int(stream))
	case Stream:
		return Duplicate(stream.file)
	case *os.File:
		// Not Fd, which would make the file blocking for all who have it open.
		raw, err := stream.SyscallConn()
		if err != nil {
			return -1, err
		}
		fd, failed := -1, error(nil)
		if err := raw.Control(func(own uintptr) { fd, failed = duplicate(int(own)) }); err != nil {
			return -1, err
		}
		return fd, failed
	}
	return -1, fmt.Errorf("a %T has no descriptor: %w", stream, syscall.EBADF)
}

func duplicate(fd int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 3)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// duplicates duplicates files that another process is to have. It returns those that
// it has made, also with an error.
func duplicates(files []*os.File) (fds []int, err error) {
	for i, f := range files {
		if f == nil {
			return fds, fmt.Errorf("with descriptor %d closed, by another process: %w", i, syscall.ENOTSUP)
		}
		fd, err := Duplicate(f)
		if err != nil {
			return fds, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}

// filesOf makes files of descriptors that have come with a message.
func filesOf(fds []int) (files []*os.File) {
	for _, fd := range fds {
		files = append(files, os.NewFile(uintptr(fd), fmt.Sprint("descriptor ", fd)))
	}
	return files
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
