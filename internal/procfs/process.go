package procfs

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Threads lists the ids of all threads of the process that tid belongs to, in
// no order that means something. Threads that are born meanwhile may be
// missing.
func Threads(tid int) ([]int, error) {
	var ids []int
	err := names(tid, "..", func(name string) error {
		id, ok := decimal([]byte(name))
		if !ok {
			return errFormat
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// Children lists the children that this very thread has made and that are not
// reaped. It is reliable only while the thread and they are stopped
// (proc_tid_children(5)).
func Children(tid int) ([]int, error) {
	var ids []int
	err := withFile(tid, "children", func(b []byte) error {
		for _, field := range bytes.Fields(b) {
			id, ok := decimal(field)
			if !ok {
				return errFormat
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// Exe is the path of the program, as far as it can be named; it may end with
// " (deleted)".
func Exe(tid int) (string, error) { return readlink(tid, "exe") }

// FD is what a descriptor refers to: a path, "socket:[inode]" and so on.
func FD(tid, fd int) (string, error) { return readlink(tid, "fd/"+strconv.Itoa(fd)) }

// UserNamespace names the user namespace of the thread: "user:[inode]".
func UserNamespace(tid int) (string, error) { return readlink(tid, "ns/user") }

// ForksElsewhere reports whether the children of a thread are born in another PID
// namespace than its own (CLONE_NEWPID in unshare(2)).
func ForksElsewhere(tid int) bool {
	own, err := readlink(tid, "ns/pid")
	if err != nil {
		return false // there are none
	}
	// Where there is no first child yet the link cannot be read (pid_namespaces(7)).
	theirs, err := readlink(tid, "ns/pid_for_children")
	return err != nil || own != theirs
}

// Cmdline is the argument vector. Zombies and threads of the kernel have none.
func Cmdline(tid int) ([]string, error) {
	var args []string
	err := withFile(tid, "cmdline", func(b []byte) error {
		args = ParseCmdline(b)
		return nil
	})
	return args, err
}

// ParseCmdline splits the content of a cmdline file. The program can have
// overwritten it with anything (setproctitle).
func ParseCmdline(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	b, _ = bytes.CutSuffix(b, []byte{0})
	var args []string
	for arg := range bytes.SplitSeq(b, []byte{0}) {
		args = append(args, string(arg))
	}
	return args
}

// Aux is one entry of the auxiliary vector: AT_* and its value.
type Aux struct{ Type, Value uint64 }

// Auxv reads the auxiliary vector of a program whose words have wordSize (4 or
// 8) bytes.
func Auxv(tid, wordSize int) ([]Aux, error) {
	var vector []Aux
	err := withFile(tid, "auxv", func(b []byte) (err error) {
		vector, err = ParseAuxv(b, wordSize)
		return err
	})
	return vector, err
}

// ParseAuxv parses an auxiliary vector up to and without its AT_NULL.
func ParseAuxv(b []byte, wordSize int) ([]Aux, error) {
	if wordSize != 4 && wordSize != 8 {
		return nil, errFormat
	}
	word := func(b []byte) uint64 {
		if wordSize == 4 {
			return uint64(binary.NativeEndian.Uint32(b))
		}
		return binary.NativeEndian.Uint64(b)
	}
	var vector []Aux
	for ; len(b) >= 2*wordSize; b = b[2*wordSize:] {
		a := Aux{word(b), word(b[wordSize:])}
		if a.Type == 0 {
			break
		}
		vector = append(vector, a)
	}
	return vector, nil
}

// Pidfd is the process that a descriptor of a process refers to, and whether it
// is non-blocking. EBADF: it is no such descriptor.
func Pidfd(tid, fd int) (pid int, nonblocking bool, err error) {
	file := "fdinfo/" + strconv.Itoa(fd)
	err = withFile(tid, file, func(b []byte) error {
		b = append([]byte{'\n'}, b...)
		pid = int(labelled(b, "\nPid:"))
		_, flags, _ := bytes.Cut(b, []byte("\nflags:"))
		flags, _, _ = bytes.Cut(bytes.TrimSpace(flags), []byte{'\n'})
		n, _ := strconv.ParseUint(string(flags), 8, 64)
		nonblocking = n&unix.O_NONBLOCK != 0
		return nil
	})
	if err == nil && pid <= 0 {
		err = &Error{tid, file, syscall.EBADF}
	}
	return pid, nonblocking, err
}

// ChildrenFile is the list of Children, open: for who asks often.
type ChildrenFile struct {
	tid, fd int
	buffer  []byte
}

// OpenChildren opens it.
func OpenChildren(tid int) (*ChildrenFile, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path(tid, "children"), unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, fail(tid, "children", err)
	}
	return &ChildrenFile{tid: tid, fd: fd, buffer: make([]byte, 4096)}, nil
}

// Read appends the children of this moment to a list.
func (f *ChildrenFile) Read(list []int) ([]int, error) {
	n := 0
	for {
		got, err := retry(func() (int, error) { return unix.Pread(f.fd, f.buffer[n:], int64(n)) })
		if err != nil {
			return list, fail(f.tid, "children", err)
		}
		// The kernel writes whole lines as long as there is room: with room left
		// this was all.
		const room = 64
		if n += got; got == 0 || n+room <= len(f.buffer) {
			break
		}
		if n == len(f.buffer) {
			f.buffer = append(f.buffer, make([]byte, n)...)
		}
	}
	id := 0
	for _, c := range f.buffer[:n] {
		if c >= '0' && c <= '9' {
			id = 10*id + int(c-'0')
		} else if id != 0 {
			list, id = append(list, id), 0
		}
	}
	return list, nil
}

// Close closes the file.
func (f *ChildrenFile) Close() error { return unix.Close(f.fd) }

// Living is a thread of a process that has its memory: the first one or, where that has
// ended before the others (pthread_exit(3) in main), another one. In the files of a thread
// that has ended there is nothing.
func Living(pid int) int {
	if ended(pid) {
		ids, _ := Threads(pid) // none: the process is gone
		for _, id := range ids {
			if !ended(id) {
				return id
			}
		}
	}
	return pid
}

func ended(tid int) bool {
	stat, err := ReadStat(tid)
	return err == nil && (stat.State == 'Z' || stat.State == 'X')
}
