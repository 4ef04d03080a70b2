package sim

import (
	"encoding/binary"
	"syscall"
	"unicode/utf8"

	"github.com/utrace/utrace/tracehook"
)

// Errors of memory and register access, with the kernel's numbers.
var (
	errFault = tracehook.NewError(syscall.EFAULT, "address is not mapped")
	errIO    = tracehook.NewError(syscall.EIO, "request is not possible here")
)

// The layout of every simulated address space.
const (
	pageSize   = 4096
	textBase   = 0x400000
	dataBase   = 0x600000
	dataPages  = 16
	stackBase  = 0x7ffd00000000
	stackPages = 256
)

var zeroPage [pageSize]byte

// memory is an address space. Threads and vfork children share one.
type memory struct {
	image  *image
	text   []byte // a copy of the image's, if anybody has written to it
	pages  map[uint64]*[pageSize]byte
	stacks uint64 // how many have been given out
}

func newMemory(img *image) *memory { return &memory{image: img} }

// fork copies the address space.
func (m *memory) fork() *memory {
	c := &memory{image: m.image, stacks: m.stacks}
	if m.text != nil {
		c.text = append([]byte(nil), m.text...)
	}
	for addr, page := range m.pages {
		if c.pages == nil {
			c.pages = make(map[uint64]*[pageSize]byte)
		}
		copied := *page
		c.pages[addr] = &copied
	}
	return c
}

// newStack gives out a stack page. After stackPages of them they come round.
func (m *memory) newStack() uint64 {
	m.stacks++
	return stackBase + (m.stacks-1)%stackPages*pageSize
}

// code is the text as it is now: with what was planted in it.
func (m *memory) code() []byte {
	if m.text != nil {
		return m.text
	}
	return m.image.text
}

// piece returns the rest of the page, or of the text, at addr; nil if nothing
// is mapped there. To write, pass true.
func (m *memory) piece(addr uint64, write bool) []byte {
	switch {
	case addr >= textBase && addr < textBase+uint64(len(m.image.text)):
		if write && m.text == nil {
			m.text = append([]byte(nil), m.image.text...)
		}
		return m.code()[addr-textBase:]
	case addr >= dataBase && addr < dataBase+dataPages*pageSize,
		addr >= stackBase && addr < stackBase+stackPages*pageSize:
		base := addr &^ (pageSize - 1)
		page := m.pages[base]
		if page == nil {
			if !write {
				return zeroPage[addr-base:]
			}
			page = new([pageSize]byte)
			if m.pages == nil {
				m.pages = make(map[uint64]*[pageSize]byte)
			}
			m.pages[base] = page
		}
		return page[addr-base:]
	}
	return nil
}

// read copies from addr and returns how many bytes were mapped.
func (m *memory) read(addr uint64, p []byte) (n int) {
	for n < len(p) {
		piece := m.piece(addr+uint64(n), false)
		if piece == nil {
			break
		}
		n += copy(p[n:], piece)
	}
	return n
}

// write copies to addr, read-only text included.
func (m *memory) write(addr uint64, p []byte) (n int) {
	for n < len(p) {
		piece := m.piece(addr+uint64(n), true)
		if piece == nil {
			break
		}
		n += copy(piece, p[n:])
	}
	return n
}

// word reads 8 bytes; 0 where nothing is mapped.
func (m *memory) word(addr uint64) uint64 {
	var b [8]byte
	m.read(addr, b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// cstring reads a string that ends with NUL.
func (m *memory) cstring(addr uint64) (string, bool) {
	var s []byte
	for len(s) < pageSize {
		var b [1]byte
		if m.read(addr+uint64(len(s)), b[:]) == 0 {
			return "", false
		}
		if b[0] == 0 {
			return string(s), utf8.Valid(s)
		}
		s = append(s, b[0])
	}
	return "", false
}
