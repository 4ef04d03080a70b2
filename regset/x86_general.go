package regset

import (
	"errors"
	"syscall"
)

// general is the access to the general registers of x86, whose layout is that
// of the thread's mode: the length that the kernel gives tells which. If the
// view is of the other mode, the words are converted.
type general struct {
	wide bool // the view is x86_64's
}

const (
	x86_64Size = x86_64N * 8
	i386Size   = i386N * 4
)

func (g general) size() int {
	if g.wide {
		return x86_64Size
	}
	return i386Size
}

func (g general) load(t Transport, buf []byte) (int, error) {
	// A thread of the view's own mode is the rule, and then the bytes go where
	// they belong without a buffer of ours. For the other mode the kernel gives
	// another length, or EINVAL because 68 is no multiple of its slot size.
	if size := g.size(); len(buf) >= size {
		n, err := t.ReadRegset(NotePRStatus, buf[:size])
		if err == nil && n == size {
			return n, nil
		}
		if err != nil && !errors.Is(err, syscall.EINVAL) {
			return 0, err
		}
	}
	_, view, err := g.read(t)
	if err != nil {
		return 0, err
	}
	return copy(buf, view[:g.size()]), nil
}

// read gives the set as the thread has it and as the view wants it.
func (g general) read(t Transport) (own []byte, view [x86_64Size]byte, err error) {
	own = make([]byte, x86_64Size)
	n, err := t.ReadRegset(NotePRStatus, own)
	if err != nil {
		return nil, view, err
	}
	own = own[:n]
	switch {
	case n == g.size():
		copy(view[:], own)
	case n == i386Size:
		widen(t, own, &view)
	case n == x86_64Size:
		for i, w := range i386InX86_64 {
			copy(view[4*i:4*i+4], own[8*w:])
		}
	default:
		return nil, view, ErrNoSuchSet
	}
	return own, view, nil
}

// widen makes the words of a 32-bit thread those of a 64-bit one. orig_eax is
// signed, so that the mark of "no system call" stays what it is.
func widen(t Transport, own []byte, view *[x86_64Size]byte) {
	for i, w := range i386InX86_64 {
		v := uintLE(own[4*i : 4*i+4])
		if i == wOrigEAX {
			v = uint64(int64(int32(v)))
		}
		putUintLE(view[8*w:8*w+8], v)
	}
	// The 32-bit set has no segment bases. A 64-bit tracer finds them in the
	// user area, which has its own layout whatever the thread is.
	if userWord == 8 {
		for _, w := range []int{wFSBase, wGSBase} {
			if v, err := t.PeekUser(uintptr(8 * w)); err == nil {
				putUintLE(view[8*w:8*w+8], v)
			}
		}
	}
}

func (g general) store(t Transport, s *Set, pos int, buf []byte) error {
	own, view, err := g.read(t)
	if err != nil {
		return translate(err)
	}
	if len(own) == g.size() {
		copy(own[pos:], buf)
		return t.WriteRegset(NotePRStatus, own[:pos+len(buf)])
	}
	changed := view
	copy(changed[pos:], buf)
	if g.wide {
		err = narrow(own, &view, &changed)
	} else {
		for i, w := range i386InX86_64 {
			if v := uintLE(changed[4*i : 4*i+4]); v != uintLE(view[4*i:4*i+4]) {
				putUintLE(own[8*w:8*w+8], v)
			}
		}
	}
	if err != nil {
		return err
	}
	return t.WriteRegset(NotePRStatus, own)
}

// narrow puts the words that changed into the set of a 32-bit thread.
func narrow(own []byte, old, changed *[x86_64Size]byte) error {
	left := *changed
	for i, w := range i386InX86_64 {
		v := uintLE(changed[8*w : 8*w+8])
		if v>>32 != 0 && v != uint64(int64(int32(v))) {
			return ErrValue
		}
		putUintLE(own[4*i:4*i+4], v)
		copy(left[8*w:8*w+8], old[8*w:])
	}
	if left != *old {
		return ErrValue // a register that the thread has not got
	}
	return nil
}

func (general) used(s *Set, content []byte) int { return len(content) / s.SlotSize }
