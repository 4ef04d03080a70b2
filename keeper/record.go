package keeper

import "encoding/binary"

// record is what the child is told of a piece of text. The first one of a
// process that the child does not know comes with the open memory of it.
type record struct {
	// changed: the original is under a trap, or will be in a moment. Otherwise
	// it is back.
	changed  bool
	process  int
	addr     uint64
	original []byte
}

const (
	// maxText is more than the longest breakpoint instruction, which has 4 bytes.
	maxText = 16
	// recordSize: flag, length, two bytes of nothing, process, address, text.
	recordSize = 8 + 8 + maxText
)

// encode writes the record, the text of which is not longer than maxText.
func (r *record) encode(b *[recordSize]byte) {
	clear(b[:])
	if r.changed {
		b[0] = 1
	}
	b[1] = byte(copy(b[16:], r.original))
	binary.NativeEndian.PutUint32(b[4:], uint32(r.process))
	binary.NativeEndian.PutUint64(b[8:], r.addr)
}

// decode is the reverse. The text is the buffer's.
func decode(b *[recordSize]byte) record {
	return record{
		changed:  b[0] != 0,
		process:  int(binary.NativeEndian.Uint32(b[4:])),
		addr:     binary.NativeEndian.Uint64(b[8:]),
		original: b[16:][:min(b[1], maxText)],
	}
}
