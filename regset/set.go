package regset

// Set describes one register set of a view: an array of slots.
type Set struct {
	Note Note
	Name string
	// SlotSize is the unit of access in bytes; positions and lengths are
	// multiples of it.
	SlotSize int
	// Slots is their number, or 0 if only the kernel knows.
	Slots int
	// ReadOnly sets cannot be written.
	ReadOnly bool
	// Registers are the named parts, in the order of the set.
	Registers []Register

	access access
	// unnoted: of threads of this view cores have no note of it.
	unnoted bool
}

// InCore reports whether core files have the set of a thread that has it.
func (s *Set) InCore() bool { return !s.unnoted && s.Note.InCore() }

// access moves the bytes of one set as its view lays them out. The range has
// been checked for alignment.
type access interface {
	// load fills buf with the first bytes of the set.
	load(t Transport, buf []byte) (int, error)
	// store writes buf at pos.
	store(t Transport, s *Set, pos int, buf []byte) error
	// used counts slots up to the last with a value other than the initial.
	used(s *Set, content []byte) int
}

// locator is an access that knows where the components of extended state lie, and
// how long they are if their pieces do not say it.
type locator interface {
	locate(content []byte, p piece) (at, size int, err error)
}

// marker is an access whose content says which registers it holds.
type marker interface {
	mark(content []byte, r *Register)
}

// Size is the length of the set in bytes. For a set that only the kernel knows
// the length of, it is read; the thread must be stopped then.
func (s *Set) Size(t Transport) (int, error) {
	if s.Slots != 0 {
		return s.Slots * s.SlotSize, nil
	}
	content, err := s.content(t)
	return len(content), err
}

// maxSize is more than any set has; a transport that goes on giving is broken.
const maxSize = 1 << 20

// content reads the whole set.
func (s *Set) content(t Transport) ([]byte, error) {
	size := s.Slots * s.SlotSize
	if size == 0 {
		size = 4096
	}
	for {
		buf := make([]byte, size)
		n, err := s.access.load(t, buf)
		if err != nil {
			return nil, s.fail("read", translate(err))
		}
		// The kernel gives as much as fits. A full buffer may not be all.
		if n < size || s.Slots != 0 {
			return buf[:n], nil
		}
		if size *= 2; size > maxSize {
			return nil, s.fail("read", ErrRange)
		}
	}
}

// Get reads len(buf) bytes from pos on and returns how many there were, which
// is less only if the set ends before. Both must be multiples of SlotSize
// (ErrUnaligned), and pos within the set (ErrRange). The thread must be stopped
// (ESRCH).
//
// From position 0 it does not allocate.
func (s *Set) Get(t Transport, pos int, buf []byte) (int, error) {
	if err := s.check(pos, len(buf)); err != nil {
		return 0, s.fail("read", err)
	}
	if pos == 0 && len(buf) != 0 {
		n, err := s.access.load(t, buf)
		return n, s.fail("read", translate(err))
	}
	content, err := s.content(t)
	if err != nil {
		return 0, err
	}
	if pos > len(content) {
		return 0, s.fail("read", ErrRange)
	}
	return copy(buf, content[pos:]), nil
}

// Put writes buf at pos, under the rules of Get; a range that ends beyond the
// set is ErrRange, and nothing is written.
//
// The kernel checks the values as it does for every tracer: some bits it keeps
// as they are (flags that user mode cannot change), others it refuses (EIO for
// a segment selector of a wrong privilege level, EINVAL for reserved bits of
// MXCSR). A refusal can come after some registers of the range were written.
//
// Through a view that is not the thread's own, a register whose visible part
// does not change keeps the rest of its value; one that does change gets the
// new value without sign. What the thread's registers cannot hold is ErrValue.
func (s *Set) Put(t Transport, pos int, buf []byte) error {
	if s.ReadOnly {
		return s.fail("write", ErrReadOnly)
	}
	if err := s.check(pos, len(buf)); err != nil {
		return s.fail("write", err)
	}
	size, err := s.Size(t)
	if err != nil {
		return err
	}
	if pos+len(buf) > size {
		return s.fail("write", ErrRange)
	}
	if len(buf) == 0 {
		return nil
	}
	return s.fail("write", s.access.store(t, s, pos, buf))
}

// Active returns how many slots there are up to the last that is not in its
// initial state: 0 says that the thread has not used the set at all. ErrAbsent
// (ENODEV) says that the machine has not got it.
func (s *Set) Active(t Transport) (int, error) {
	content, err := s.content(t)
	if err != nil {
		return 0, err
	}
	return s.access.used(s, content), nil
}

func (s *Set) check(pos, n int) error {
	switch {
	case pos < 0:
		return ErrRange
	case pos%s.SlotSize != 0 || n%s.SlotSize != 0:
		return ErrUnaligned
	case s.Slots != 0 && pos > s.Slots*s.SlotSize:
		return ErrRange
	}
	return nil
}

func (s *Set) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{op, "register set " + s.Name, err}
}
