package keeper

import "encoding/binary"

// record is what the child is told. Some come with a descriptor: the memory of
// a process that the child does not know, and what it is to hold.
type record struct {
	kind    recordKind
	process int
	addr    uint64
	// original is text, or the name of a descriptor.
	original []byte
}

type recordKind byte

const (
	// textRestored: the original is back.
	textRestored recordKind = iota
	// textChanged: the original is under a trap, or will be in a moment.
	textChanged
	// held: a descriptor is to be held by this name, and dropped no longer.
	held
	dropped
	// watchesSet: debug registers of a thread are in use, or will be in a
	// moment; the address is the time at which it started.
	watchesSet
	watchesCleared
	// ended: the owner ends as it should, and wants no successor.
	ended
)

const (
	// maxText is more than the longest breakpoint instruction, which has 4
	// bytes; it is the longest name of a descriptor.
	maxText = 16
	// recordSize: kind, length, two bytes of nothing, process, address, text.
	recordSize = 8 + 8 + maxText
)

// encode writes the record, the text of which is not longer than maxText.
func (r *record) encode(b *[recordSize]byte) {
	clear(b[:])
	b[0] = byte(r.kind)
	b[1] = byte(copy(b[16:], r.original))
	binary.NativeEndian.PutUint32(b[4:], uint32(r.process))
	binary.NativeEndian.PutUint64(b[8:], r.addr)
}

// decode is the reverse. The text is the buffer's.
func decode(b *[recordSize]byte) record {
	return record{
		kind:     recordKind(b[0]),
		process:  int(binary.NativeEndian.Uint32(b[4:])),
		addr:     binary.NativeEndian.Uint64(b[8:]),
		original: b[16:][:min(b[1], maxText)],
	}
}
