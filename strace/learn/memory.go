package learn

import (
	"encoding/binary"
	"errors"
)

// region is a piece of made-up memory: what an argument points to, or a pointer
// in another region.
type region struct {
	arg    int // the argument, if parent is nil
	parent *region
	offset int // of the pointer in the parent
	base   uint64

	nested []*region // what its words point to
	seen   [phases]int
	begun  [phases]bool // read as a string is: begun with all that is on the first page
	text   bool         // and then gone on
}

// phase is when memory is read: at entry, at exit, or at exit after a failure.
type phase int

const (
	atEntry phase = iota
	atExit
	afterFailure
	phases
)

// Regions lie far apart, and begin so near to the end of a page that a string,
// which is read page by page, shows itself.
const (
	spacing   = 1 << 20
	pageSize  = 4096
	firstPart = 16 // of a region, before the end of the page
	// maxRegions is more than a plan has room for, and keeps all addresses
	// positive as 32-bit numbers.
	maxRegions = 250
)

// depth is how many pointers lead to the region.
func (r *region) depth() (n int) {
	for ; r.parent != nil; n++ {
		r = r.parent
	}
	return n
}

// place is a word of memory.
type place struct {
	r      *region
	offset int
}

// access is what the decoder has read of a region.
type access struct {
	phase phase
	r     *region
}

// memory is made-up memory. Its words are pointers, unless it is told otherwise.
type memory struct {
	word    int // bytes
	regions []*region

	// What there is, in one experiment:
	fill  func(r *region) byte // '*' for pointers
	place place                // a word of some other value, if r is not nil
	value uint64

	// What was read in it, in this order:
	phase phase
	order []access
}

func newMemory(word int) *memory { return &memory{word: word} }

// begin forgets the experiment before.
func (m *memory) begin() {
	for _, a := range m.order {
		a.r.seen, a.r.begun, a.r.text = [phases]int{}, [phases]bool{}, false
	}
	m.order, m.phase = m.order[:0], atEntry
}

func (m *memory) add(r *region) *region {
	r.base = uint64(len(m.regions)+1)*spacing + pageSize - firstPart
	m.regions = append(m.regions, r)
	return r
}

// at is what a word points to.
func (m *memory) at(p place) *region {
	i := p.offset / m.word
	if i >= len(p.r.nested) {
		p.r.nested = append(p.r.nested, make([]*region, i+1-len(p.r.nested))...)
	}
	if p.r.nested[i] == nil && len(m.regions) < maxRegions {
		p.r.nested[i] = m.add(&region{parent: p.r, offset: p.offset})
	}
	return p.r.nested[i]
}

func (m *memory) find(addr uint64) (*region, int) {
	i := int(addr/spacing) - 1
	if addr < spacing || i >= len(m.regions) {
		return nil, 0
	}
	r := m.regions[i]
	if addr < r.base {
		return nil, 0
	}
	return r, int(addr - r.base)
}

var errUnmapped = errors.New("learn: no memory there")

// ReadMemory implements decode.Memory.
func (m *memory) ReadMemory(addr uint64, p []byte) (int, error) {
	r, from := m.find(addr)
	// Nothing reaches further than what can be copied.
	if r == nil || from+len(p) > pageSize+firstPart {
		return 0, errUnmapped
	}
	m.saw(r, from, from+len(p))
	for i := 0; i < len(p); {
		offset := from + i
		at := offset % m.word
		var word [8]byte
		m.put(place{r, offset - at}, word[:])
		i += copy(p[i:], word[at:m.word])
	}
	return len(p), nil
}

func (m *memory) put(p place, word []byte) {
	v := m.value
	if p != m.place {
		kind := m.fill(p.r)
		if kind != '*' {
			for i := range word {
				word[i] = kind
			}
			return
		}
		v = 0
		if r := m.at(p); r != nil {
			v = r.base
		}
	}
	if m.word == 4 {
		binary.NativeEndian.PutUint32(word, uint32(v))
		return
	}
	binary.NativeEndian.PutUint64(word, v)
}

func (m *memory) saw(r *region, from, to int) {
	had := r.seen[m.phase]
	if had == 0 {
		m.order = append(m.order, access{m.phase, r})
	}
	// A string goes on at the beginning of the next page.
	if from == 0 && to == firstPart && had == 0 {
		r.begun[m.phase] = true
	}
	if from == firstPart && had == firstPart && r.begun[m.phase] {
		r.text = true
	}
	r.seen[m.phase] = max(had, to)
}
