package launch

import (
	"runtime"
	"unsafe"
)

// The child of a fork in a Go program has one thread of many and none of the
// runtime's helpers; it must not run Go code. So everything that it does is
// prepared as a list of system calls, which a few lines of assembly make one
// after the other.

// call is one system call.
type call struct {
	nr    uintptr
	args  [5]uintptr
	check uintptr
}

// What makes a call fail.
const (
	checkError   = iota // an error
	checkNonzero        // an error, or 0: a read that met the end of file
	checkNothing
)

// program is what spawn makes the parent and the child do. The assembly knows
// its fields by name.
type program struct {
	block   call // in the parent: no signal handler may run in the child
	clone   call
	unblock call // in the parent

	// In the child: the calls from first on, the last of which does not return
	// unless it fails. After a failure: fail, then exit.
	first   *call
	failure failure
	fail    call
	exit    call
}

// failure is the report about the first call that failed.
type failure struct {
	index uintptr
	errno uintptr // 0 for the end of file
}

// spawn makes the calls block, clone, and in the parent unblock. It returns
// clone's result as the kernel gives it: a process id or a negated error
// number. While the memory map is being copied the garbage collector cannot
// stop this thread.
//
//go:noescape
func spawn(p *program) (r uintptr)

// script builds the child's list of calls. The memory that arguments point to
// is pinned until free.
type script struct {
	calls []call
	what  []Error // what each call was for; its Err is not set
	pin   runtime.Pinner
}

func (s *script) free() { s.pin.Unpin() }

// add appends a call. The name and object are for the message if it fails.
func (s *script) add(op, object string, check uintptr, nr uintptr, args ...uintptr) {
	c := call{nr: nr, check: check}
	copy(c.args[:], args)
	s.calls = append(s.calls, c)
	s.what = append(s.what, Error{Op: op, Path: object})
}

// address pins a variable or the memory of a slice, and returns where it is.
func address[T any](s *script, p *T) uintptr {
	if p == nil {
		return 0
	}
	s.pin.Pin(p)
	return uintptr(unsafe.Pointer(p))
}

// text is the address of a string as C wants it.
func (s *script) text(t string) uintptr {
	b := make([]byte, len(t)+1)
	copy(b, t)
	return address(s, &b[0])
}

// texts is the address of a vector of strings as execve wants it. They share
// one block, for there may be thousands.
func (s *script) texts(list []string) uintptr {
	size := 0
	for _, t := range list {
		size += len(t) + 1
	}
	block := make([]byte, 0, size+1)
	base := address(s, &block[:1][0])
	vector := make([]uintptr, 0, len(list)+1)
	for _, t := range list {
		vector = append(vector, base+uintptr(len(block)))
		block = append(block, t...)
		block = append(block, 0)
	}
	vector = append(vector, 0)
	return address(s, &vector[0])
}
