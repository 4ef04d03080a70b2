package launch

import (
	"runtime"
	"unsafe"

	"github.com/utrace/utrace/internal/spawn"
)

// script builds the list of calls that the child makes: see package spawn. The memory
// that arguments point to is pinned until free.
type script struct {
	calls []spawn.Call
	what  []Error // what each call was for; its Err is not set
	pin   runtime.Pinner
}

func (s *script) free() { s.pin.Unpin() }

// add appends a call. The name and object are for the message if it fails.
func (s *script) add(op, object string, check spawn.Check, nr uintptr, args ...uintptr) {
	c := spawn.Call{NR: nr, Check: check}
	copy(c.Args[:], args)
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
