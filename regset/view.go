package regset

import (
	"debug/elf"
	"slices"
	"sync"
)

// View is the list of register sets of one ABI.
type View struct {
	Name    string
	Machine elf.Machine
	Class   elf.Class
	// Sets begins with the general registers (NT_PRSTATUS). In a core file
	// the sets with a note type are written in this order.
	Sets []*Set
	// BigEndian tells in which order the bytes of a register are.
	BigEndian bool

	names func() map[string]*Register
}

// newView ties sets and registers together.
func newView(name string, machine elf.Machine, class elf.Class, sets ...*Set) *View {
	v := &View{Name: name, Machine: machine, Class: class, Sets: sets}
	for _, s := range sets {
		for i := range s.Registers {
			s.Registers[i].set = s
		}
	}
	v.names = sync.OnceValue(func() map[string]*Register {
		names := make(map[string]*Register)
		for _, s := range sets {
			for i := range s.Registers {
				r := &s.Registers[i]
				if names[r.Name] == nil { // the first set wins
					names[r.Name] = r
				}
			}
		}
		return names
	})
	return v
}

// Set is the set of a note type, or nil.
func (v *View) Set(note Note) *Set {
	for _, s := range v.Sets {
		if s.Note == note {
			return s
		}
	}
	return nil
}

// Register is the register of a name, or nil. A register that is in several
// sets is taken from the one that every thread has.
func (v *View) Register(name string) *Register { return v.names()[name] }

// bigEndian is a view of a big-endian machine.
func bigEndian(v *View) *View {
	v.BigEndian = true
	return v
}

// Read returns the bytes of a register in the machine's order. The thread must
// be stopped (ESRCH).
func (v *View) Read(t Transport, name string) ([]byte, error) {
	r := v.Register(name)
	if r == nil {
		return nil, &Error{"read", "register " + name, ErrNoSuchRegister}
	}
	content, err := r.set.content(t)
	if err != nil {
		return nil, err
	}
	value := make([]byte, 0, r.Size)
	for _, p := range r.where {
		at, size, err := r.set.locate(content, p)
		if err != nil {
			return nil, &Error{"read", "register " + name, err}
		}
		value = append(value, content[at:at+size]...)
	}
	return value, nil
}

// Write changes a register. The value has the register's size, or the one that it
// has now if that changes (ErrValue). See [Set.Put] for what the kernel makes of it.
func (v *View) Write(t Transport, name string, value []byte) error {
	r := v.Register(name)
	switch {
	case r == nil:
		return &Error{"write", "register " + name, ErrNoSuchRegister}
	case r.set.ReadOnly:
		return &Error{"write", "register " + name, ErrReadOnly}
	case r.Size != 0 && len(value) != r.Size:
		return &Error{"write", "register " + name, ErrValue}
	}
	content, err := r.set.content(t)
	if err != nil {
		return err
	}
	low, high := len(content), 0
	for _, p := range r.where {
		at, size, err := r.set.locate(content, p)
		if err == nil && r.Size == 0 && len(value) != size {
			err = ErrValue
		}
		if err != nil {
			return &Error{"write", "register " + name, err}
		}
		value = value[copy(content[at:at+size], value):]
		low, high = min(low, at), max(high, at+size)
	}
	if x, ok := r.set.access.(marker); ok {
		x.mark(content, r)
	}
	// Whole slots, and no more than needed.
	slot := r.set.SlotSize
	low, high = low/slot*slot, (high+slot-1)/slot*slot
	if err := r.set.access.store(t, r.set, low, content[low:high]); err != nil {
		return &Error{"write", "register " + name, err}
	}
	return nil
}

// ReadUint is Read for registers of up to 8 bytes.
func (v *View) ReadUint(t Transport, name string) (uint64, error) {
	b, err := v.Read(t, name)
	if err != nil {
		return 0, err
	}
	if len(b) > 8 {
		return 0, &Error{"read", "register " + name, ErrValue}
	}
	if v.BigEndian {
		slices.Reverse(b)
	}
	return uintLE(b), nil
}

// WriteUint is Write for registers of up to 8 bytes, whose size does not change. A
// value with more bits than the register has is ErrValue.
func (v *View) WriteUint(t Transport, name string, value uint64) error {
	r := v.Register(name)
	if r == nil {
		return &Error{"write", "register " + name, ErrNoSuchRegister}
	}
	if r.Size == 0 || r.Size > 8 || r.Size < 8 && value>>(8*r.Size) != 0 {
		return &Error{"write", "register " + name, ErrValue}
	}
	var b [8]byte
	putUintLE(b[:r.Size], value)
	if v.BigEndian {
		slices.Reverse(b[:r.Size])
	}
	return v.Write(t, name, b[:r.Size])
}

// locate finds a piece in the content of the set.
func (s *Set) locate(content []byte, p piece) (at, size int, err error) {
	at, size = p.offset, p.size
	if l, ok := s.access.(locator); ok {
		at, size, err = l.locate(content, p)
	}
	if err == nil && at+size > len(content) {
		err = ErrAbsent
	}
	return at, size, err
}

// uintLE and putUintLE take numbers of any width up to 8 bytes.
func uintLE(b []byte) (v uint64) {
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

func putUintLE(b []byte, v uint64) {
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
}
