package denial

import (
	"bytes"
	"fmt"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
)

// atRandom is AT_RANDOM of getauxval(3): the address of 16 random bytes that
// the kernel has given this execution of a program.
const atRandom = 25

// Proof checks that a descriptor is a thread's /proc/TID/mem, opened for reading
// and writing since its last exec: whoever holds it was let by the kernel. It
// must be the very file of our own /proc; and since an exec makes a new address
// space, but not a new file, what can be read through it at the place of the
// program's random bytes must be these.
func Proof(tid, fd int) error {
	refuse := func(reason string) error {
		return &Error{TID: tid, Rule: NoProof, Errno: syscall.EPERM, Reason: reason,
			Remedy: "open /proc/" + strconv.Itoa(tid) + "/mem for reading and writing, and pass the descriptor"}
	}
	own, err := procfs.OpenMem(tid)
	if err != nil {
		return Explain(tid, errnoOf(err))
	}
	defer own.Close()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR || flags&unix.O_PATH != 0 {
		return refuse("the descriptor that was passed is not open for reading and writing")
	}
	if !sameFile(tid, fd) {
		return refuse("the descriptor that was passed is another file")
	}
	mine, theirs, err := random(tid, own, fd)
	if err != nil || !bytes.Equal(mine, theirs) {
		return refuse("the program has been replaced by another one since the descriptor was opened")
	}
	return nil
}

// sameFile reports whether a descriptor is /proc/TID/mem or /proc/TID/task/TID/mem.
func sameFile(tid, fd int) bool {
	var passed, st unix.Stat_t
	if unix.Fstat(fd, &passed) != nil {
		return false
	}
	id := strconv.Itoa(tid)
	for _, path := range []string{"/proc/" + id + "/mem", "/proc/" + id + "/task/" + id + "/mem"} {
		if unix.Stat(path, &st) == nil && st.Dev == passed.Dev && st.Ino == passed.Ino {
			return true
		}
	}
	return false
}

// random reads the random bytes of a program in both ways.
func random(tid int, own *procfs.Mem, fd int) (mine, theirs []byte, err error) {
	addr := uint64(0)
	for _, size := range []int{8, 4} {
		vector, err := procfs.Auxv(tid, size)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range vector {
			if a.Type == atRandom && addr == 0 {
				addr = a.Value
			}
		}
		mine, theirs = make([]byte, 16), make([]byte, 16)
		if addr != 0 {
			if n, err := own.Read(addr, mine); err == nil && n == len(mine) {
				n, err := unix.Pread(fd, theirs, int64(addr))
				if err == nil && n != len(theirs) {
					err = syscall.EIO
				}
				return mine, theirs, err
			}
			addr = 0
		}
	}
	return nil, nil, fmt.Errorf("thread %d has no random bytes: %w", tid, syscall.ESRCH)
}

// errnoOf is the errno in an error of procfs.
func errnoOf(err error) error {
	for e := err; e != nil; {
		if errno, ok := e.(syscall.Errno); ok {
			return errno
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return err
}
