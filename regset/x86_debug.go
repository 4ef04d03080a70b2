package regset

import "fmt"

// debug is the access to the debug registers, which are no set of the kernel's
// but words in the user area: dr0 to dr7, of which 4 and 5 do not exist.
type debug struct {
	word int // of the view
}

const (
	drStatus  = 6
	drControl = 7
)

func debugRegisters(word int) []Register {
	var list []Register
	for i := range 8 {
		if i == 4 || i == 5 {
			continue
		}
		t := DataPointer
		if i >= drStatus {
			t = Flags
		}
		list = append(list, gpr(fmt.Sprintf("dr%d", i), -1).of("", Debug).as(t).at(i*word, word))
	}
	return list
}

func (d debug) load(t Transport, buf []byte) (int, error) {
	n := 0
	for i := 0; i < 8 && n < len(buf); i++ {
		v, err := t.PeekUser(debugAt + uintptr(i*userWord))
		if err != nil {
			return 0, err
		}
		putUintLE(buf[n:n+d.word], v)
		n += d.word
	}
	return n, nil
}

// store writes in an order in which the kernel takes every valid end state. It
// checks an address together with the length that dr7 has for it at that
// moment, so the control register is switched off before the addresses change
// and on after. If something is refused, all is put back.
func (d debug) store(t Transport, s *Set, pos int, buf []byte) error {
	var old, now [8]uint64
	for i := range old {
		v, err := t.PeekUser(debugAt + uintptr(i*userWord))
		if err != nil {
			return err
		}
		old[i], now[i] = v, v
	}
	for i := range len(buf) / d.word {
		now[pos/d.word+i] = uintLE(buf[i*d.word : (i+1)*d.word])
	}
	if now[4] != old[4] || now[5] != old[5] {
		return ErrValue
	}
	err := d.change(t, old, now)
	if err != nil {
		// The old state was valid, so this fails only if the thread is gone.
		d.change(t, now, old)
	}
	return err
}

func (d debug) change(t Transport, old, now [8]uint64) error {
	poke := func(i int, v uint64) error { return t.PokeUser(debugAt+uintptr(i*userWord), v) }
	addresses := false
	for i := range 4 {
		addresses = addresses || old[i] != now[i]
	}
	if addresses && old[drControl] != 0 {
		if err := poke(drControl, 0); err != nil {
			return err
		}
	}
	for i := range 4 {
		if old[i] != now[i] {
			if err := poke(i, now[i]); err != nil {
				return err
			}
		}
	}
	if old[drStatus] != now[drStatus] {
		if err := poke(drStatus, now[drStatus]); err != nil {
			return err
		}
	}
	if addresses || old[drControl] != now[drControl] {
		return poke(drControl, now[drControl])
	}
	return nil
}

// used does not look at the status register: every single step leaves a mark
// there.
func (d debug) used(s *Set, content []byte) int {
	for i := len(content)/d.word - 1; i >= 0; i-- {
		if i != drStatus && uintLE(content[i*d.word:(i+1)*d.word]) != 0 {
			return i + 1
		}
	}
	return 0
}
