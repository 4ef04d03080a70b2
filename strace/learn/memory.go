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
}

// Regions lie far apart, and begin so near to the end of a page that a string,
// which is read page by page, shows itself.
const (
	spacing   = 1 << 20
	pageSize  = 4096
	firstPart = 16 // of a region, before the end of the page
	// maxRegions is more than a plan has room for, and keeps all addresses
	// positive as 32-bit numbers.
	maxRegions = 100
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

// access is what the decoder has read of a region: up to an offset.
type access struct {
	exit   bool // at exit, not at entry
	failed bool // after a failure
	r      *region
}

// memory is made-up memory. Its words are pointers, unless it is told otherwise.
type memory struct {
	word    int // bytes
	regions []*region
	nested  map[place]*region

	// What there is, in one experiment:
	fill  func(r *region) byte // '*' for pointers
	words map[place]uint64     // words of some other value

	// What was read in it:
	exit, failed bool
	reads        map[access]int
	order        []access
	whole        map[*region]bool // begun with all that is on the first page
	chunks       map[*region]bool // read as strings are, page by page
}

func newMemory(word int) *memory {
	return &memory{word: word, nested: make(map[place]*region), words: make(map[place]uint64)}
}

func (m *memory) add(r *region) *region {
	r.base = uint64(len(m.regions)+1)*spacing + pageSize - firstPart
	m.regions = append(m.regions, r)
	return r
}

// at is what the word at a place points to.
func (m *memory) at(p place) *region {
	r := m.nested[p]
	if r == nil && len(m.regions) < maxRegions {
		r = m.add(&region{parent: p.r, offset: p.offset})
		m.nested[p] = r
	}
	return r
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
	v, ok := m.words[p]
	if !ok {
		kind := m.fill(p.r)
		if kind != '*' {
			for i := range word {
				word[i] = kind
			}
			return
		}
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
	a := access{m.exit, m.failed, r}
	had, ok := m.reads[a]
	if !ok {
		m.order = append(m.order, a)
	}
	// A string goes on at the beginning of the next page.
	if from == 0 && to == firstPart && !ok {
		m.whole[r] = true
	}
	if from == firstPart && had == firstPart && m.whole[r] {
		m.chunks[r] = true
	}
	m.reads[a] = max(had, to)
}
