package gdbserver

import (
	"encoding/binary"
	"testing"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// endless is memory in which each name space has libraries without end or name, and
// another name space behind it.
type endless struct{ reads *int }

// Where its struct r_debug is, and where the first struct link_map.
const aDebug, firstLink, linkSize = 0x10000, 0x20000, 5 * 8

func (m endless) WriteMemory(uint64, []byte) (int, error) { return 0, failed }

func (m endless) ReadMemory(addr uint64, p []byte) (int, error) {
	*m.reads++
	v := uint64(0)
	switch i := addr - firstLink; {
	case addr == aDebug: // its version
		v = 2
	case addr == aDebug+8*debugMap:
		v = firstLink
	case addr == aDebug+8*debugNext:
		v = aDebug
	case addr >= firstLink && i%linkSize == 8*linkNext:
		v = addr - 8*linkNext + linkSize
	case addr >= firstLink+linkSize && i%linkSize == 8*linkPrev:
		v = addr - 8*linkPrev - linkSize
	}
	clear(p)
	if len(p) == 8 {
		binary.LittleEndian.PutUint64(p, v)
	}
	return len(p), nil
}

// The loop does not get lost in a list that a program has made to be read for ever.
func TestEndlessLibraries(t *testing.T) {
	for name, list := range map[string]rsp.Libraries{"all": {}, "the rest": {Start: firstLink, Space: aDebug}} {
		reads := 0
		libraryList(words{endless{&reads}, 8}, aDebug, list)
		if reads < maxLibraries || reads > 10*maxLibraries {
			t.Errorf("%s: %d reads", name, reads)
		}
	}
}
