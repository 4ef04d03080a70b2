package procfs

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Mem is an open /proc/TID/mem: one address space, for as long as it exists.
// An exec gives the process another one; then Mem fails with ESRCH and has to
// be opened anew.
type Mem struct {
	tid int
	fd  int
}

// OpenMem opens the memory of a thread's process for reading and writing. The
// right to do so is checked here and never again, so that Mem can be used
// after the caller has given up its privileges or the target has gained some.
func OpenMem(tid int) (*Mem, error) {
	if tid <= 0 {
		return nil, &Error{tid, "mem", syscall.ESRCH}
	}
	fd, err := retry(func() (int, error) { return unix.Open(path(tid, "mem"), unix.O_RDWR|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, fail(tid, "mem", err)
	}
	return &Mem{tid, fd}, nil
}

// MemOf is the memory that another process has opened, and passed on the
// descriptor of. Close closes that.
func MemOf(fd int) Mem { return Mem{fd: fd} }

// FD is the file's descriptor, for who passes it on.
func (m *Mem) FD() int { return m.fd }

// Close closes the file.
func (m *Mem) Close() error { return unix.Close(m.fd) }

// Read copies from addr on. It returns the number of bytes before the first
// that is not mapped or has no access rights at all, and an error (EIO) if that
// is not all. The error is a bare errno: this is called at every stop of
// some tracers.
func (m *Mem) Read(addr uint64, p []byte) (int, error) { return m.transfer(addr, p, unix.Pread) }

// Write copies to addr. Private read-only mappings are written as well, in a
// copy of the page, as a debugger needs for breakpoints; shared read-only ones
// give EIO.
func (m *Mem) Write(addr uint64, p []byte) (int, error) { return m.transfer(addr, p, unix.Pwrite) }

func (m *Mem) transfer(addr uint64, p []byte, call func(int, []byte, int64) (int, error)) (int, error) {
	done := 0
	for done < len(p) {
		// The file offset is signed; the upper half has no user memory but the
		// vsyscall page, which is not readable.
		offset := int64(addr) + int64(done)
		if offset < 0 {
			return done, syscall.EIO
		}
		n, err := call(m.fd, p[done:], offset)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return done, err
		case n == 0:
			return done, syscall.ESRCH // no address space any more
		default:
			done += n
		}
	}
	return done, nil
}
