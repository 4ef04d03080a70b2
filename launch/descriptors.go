package launch

import "golang.org/x/sys/unix"

// temporary is a set of descriptors that are needed until the fork is done.
// All are close-on-exec, and none has a low number where the child puts its
// own.
type temporary []int

func (t *temporary) add(fd int) { *t = append(*t, fd) }

// keep takes a descriptor out of the set.
func (t *temporary) keep(fd int) int {
	for i, d := range *t {
		if d == fd {
			*t = append((*t)[:i], (*t)[i+1:]...)
			break
		}
	}
	return fd
}

func (t *temporary) close() {
	for _, fd := range *t {
		unix.Close(fd)
	}
}

// dup copies a descriptor to the first free number from least on.
func (t *temporary) dup(fd, least int) (int, error) {
	fd, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, least)
	if err == nil {
		t.add(fd)
	}
	return fd, err
}

// channel makes the connection between this process and a held one. It keeps
// messages apart, and ends when the other side execs or dies.
func (t *temporary) channel(least int) (ours, theirs int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, &Error{Op: "socketpair", Err: err}
	}
	t.add(pair[0])
	t.add(pair[1])
	for i := range pair {
		if pair[i] >= least {
			continue
		}
		if pair[i], err = t.dup(pair[i], least); err != nil {
			return -1, -1, &Error{Op: "dup", Err: err}
		}
	}
	return pair[0], pair[1], nil
}
