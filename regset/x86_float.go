package regset

// fxArea is the access to the 512 bytes that FXSAVE writes. The kernel offers
// them under one note type to 64-bit threads and under another to 32-bit ones;
// the content is the same.
type fxArea struct{ own, other Note }

func (f fxArea) load(t Transport, buf []byte) (int, error) {
	note, err := f.note(t)
	if err != nil {
		return 0, err
	}
	return t.ReadRegset(note, buf)
}

// note finds out under which type this thread has the area.
func (f fxArea) note(t Transport) (Note, error) {
	if f.own == NotePRXFPReg {
		// Only 32-bit threads have it.
		if _, err := t.ReadRegset(f.own, nil); err != nil {
			return f.other, nil
		}
		return f.own, nil
	}
	bits, err := threadBits(t)
	if err == nil && bits == 32 {
		return f.other, nil
	}
	return f.own, err
}

func (f fxArea) store(t Transport, s *Set, pos int, buf []byte) error {
	note, err := f.note(t)
	if err != nil {
		return translate(err)
	}
	return plain{note}.store(t, s, pos, buf)
}

func (fxArea) used(s *Set, content []byte) int { return len(content) / s.SlotSize }

// fnArea is the access to the 108 bytes that FNSAVE writes. Only 32-bit
// threads have them: a 64-bit thread's note of the same type is an FXSAVE
// area, which the i386 view shows as NT_PRXFPREG.
type fnArea struct{}

func (fnArea) check(t Transport) error {
	bits, err := threadBits(t)
	if err == nil && bits != 32 {
		return ErrNoSuchSet
	}
	return err
}

func (f fnArea) load(t Transport, buf []byte) (int, error) {
	if err := f.check(t); err != nil {
		return 0, err
	}
	return t.ReadRegset(NotePRFPReg, buf)
}

func (f fnArea) store(t Transport, s *Set, pos int, buf []byte) error {
	content, err := s.content(t)
	if err != nil {
		return err
	}
	if len(content) < pos+len(buf) {
		return ErrRange
	}
	// The kernel takes the whole area only (EINVAL, see fpregs_set).
	copy(content[pos:], buf)
	return t.WriteRegset(NotePRFPReg, content)
}

func (fnArea) used(s *Set, content []byte) int { return len(content) / s.SlotSize }

// threadBits tells the mode of a thread by the length of its general registers.
func threadBits(t Transport) (int, error) {
	var buf [x86_64Size]byte
	n, err := t.ReadRegset(NotePRStatus, buf[:])
	if err != nil {
		return 0, err
	}
	if n == i386Size {
		return 32, nil
	}
	return 64, nil
}

// tls is the access to the descriptors of thread-local segments. One that is
// not in use is not all zero: it has its number, and is marked as empty.
type tls struct{ plain }

func (tls) used(s *Set, content []byte) int {
	const word = 4 // user_desc is entry_number, base_addr, limit, flags
	used := 0
	for i := 0; i+s.SlotSize <= len(content); i += s.SlotSize {
		// LDT_empty of the kernel: no base, no limit, and just read_exec_only
		// and seg_not_present among the flags.
		const empty = 1<<3 | 1<<5
		base, limit, flags := uintLE(content[i+word:i+2*word]), uintLE(content[i+2*word:i+3*word]), uintLE(content[i+3*word:i+4*word])
		if base != 0 || limit != 0 || flags&0x7f != empty {
			used = i/s.SlotSize + 1
		}
	}
	return used
}

// Bias is the natural number of the first slot: for TLS descriptors their
// index in the GDT, which a 64-bit kernel and a 32-bit one place differently;
// 0 for all other sets.
func (s *Set) Bias(t Transport) (int, error) {
	if s.Note != NoteTLS {
		return 0, nil
	}
	var first [16]byte
	if _, err := s.Get(t, 0, first[:]); err != nil {
		return 0, err
	}
	return int(uintLE(first[:4])), nil
}
