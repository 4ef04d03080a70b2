package regset

// plain is the access of a set that the kernel has exactly as the view wants
// it.
type plain struct{ note Note }

func (p plain) load(t Transport, buf []byte) (int, error) { return t.ReadRegset(p.note, buf) }

// store writes from the start of the set on, because that is where the
// kernel's interface begins.
func (p plain) store(t Transport, s *Set, pos int, buf []byte) error {
	if pos != 0 {
		head := make([]byte, pos+len(buf))
		if _, err := t.ReadRegset(p.note, head[:pos]); err != nil {
			return translate(err)
		}
		copy(head[pos:], buf)
		buf = head
	}
	return t.WriteRegset(p.note, buf)
}

func (p plain) used(s *Set, content []byte) int { return len(content) / s.SlotSize }

// lastNonZero counts the slots up to the last with a bit set.
func lastNonZero(s *Set, content []byte) int {
	for i := len(content) - 1; i >= 0; i-- {
		if content[i] != 0 {
			return i/s.SlotSize + 1
		}
	}
	return 0
}

// sparse is plain for sets whose initial state is all zero.
type sparse struct{ plain }

func (sparse) used(s *Set, content []byte) int { return lastNonZero(s, content) }
