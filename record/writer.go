package record

import (
	"encoding/binary"
	"io"
)

// blockSize is how many bytes of events become a block.
const blockSize = 64 << 10

// Writer appends events to a file. It is not for several goroutines at once.
type Writer struct {
	w     io.Writer
	enc   encoder
	count uint32
	first int64
	place int64
	index []byte // of the blocks that were written
	n     uint32
	err   error
}

// NewWriter returns a Writer that appends to w, where size bytes are already: 0
// for a new file.
func NewWriter(w io.Writer, size int64) *Writer { return &Writer{w: w, place: size} }

// Event appends an event. The error, also of an earlier event, is that of the
// file.
func (w *Writer) Event(ev *Event) error {
	if w.err != nil {
		return w.err
	}
	w.begin(ev)
	if len(w.enc.buf) >= blockSize {
		return w.Flush()
	}
	return nil
}

// begin adds an event to the present block.
func (w *Writer) begin(ev *Event) {
	if w.count == 0 {
		w.first = ev.Time.UnixNano()
		w.enc.last = w.first
	}
	w.enc.event(ev)
	w.count++
}

// Flush writes what was appended so far as a block of its own.
func (w *Writer) Flush() error {
	if w.err != nil || w.count == 0 {
		return w.err
	}
	w.write(w.take())
	return w.err
}

// take ends the present block and returns it.
func (w *Writer) take() []byte {
	block := pack(header{kind: kindEvents, count: w.count, first: w.first, last: w.enc.last}, w.enc.buf)
	w.enc.buf, w.count = w.enc.buf[:0], 0
	return block
}

// write appends a block to the file.
func (w *Writer) write(block []byte) {
	if _, w.err = w.w.Write(block); w.err != nil {
		return
	}
	w.index = binary.LittleEndian.AppendUint64(w.index, uint64(w.place))
	w.index = append(w.index, block[:headerSize]...)
	w.n++
	w.place += int64(len(block))
}

// Close writes the rest and the index. It does not close the file.
func (w *Writer) Close() error {
	if err := w.Flush(); err != nil {
		return err
	}
	block := pack(header{kind: kindIndex, count: w.n}, w.index)
	// The last eight bytes of a file lead to its index.
	block = binary.LittleEndian.AppendUint64(block, uint64(w.place))
	_, w.err = w.w.Write(block)
	return w.err
}
