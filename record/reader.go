package record

import (
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"time"
)

// File is a recording that is being read.
type File struct {
	r      io.ReaderAt
	blocks []place
	// Lost is how many bytes at the end of the file are no whole block, because
	// its writer was killed; 0 for a file that was closed.
	Lost int64
}

// place is a block and where it is.
type place struct {
	at int64
	header
}

const entrySize = 8 + headerSize

// Open looks at a file of so many bytes. A file that ends in the middle of a
// block is no error; see File.Lost. ErrCorrupt: it is none of ours.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r}
	if f.readIndex(size) {
		return f, nil
	}
	f.blocks = nil
	if err := f.scan(size); err != nil {
		return nil, err
	}
	return f, nil
}

// readIndex looks for the index at the end. It covers one writer's blocks: a
// file that was appended to is read as if it had none.
func (f *File) readIndex(size int64) bool {
	var tail [8]byte
	if size < headerSize+8 {
		return false
	}
	if _, err := f.r.ReadAt(tail[:], size-8); err != nil {
		return false
	}
	at := int64(binary.LittleEndian.Uint64(tail[:]))
	if at < 0 || at > size-8-headerSize {
		return false
	}
	h, err := f.header(at)
	if err != nil || h.kind != kindIndex || at+headerSize+int64(h.stored)+8 != size {
		return false
	}
	data, err := f.data(place{at, h})
	if err != nil || len(data) != int(h.count)*entrySize {
		return false
	}
	end := int64(0)
	for ; len(data) > 0; data = data[entrySize:] {
		p := place{at: int64(binary.LittleEndian.Uint64(data))}
		if p.header, err = parseHeader(data[8:]); err != nil || p.at != end {
			return false
		}
		end += headerSize + int64(p.stored)
		f.blocks = append(f.blocks, p)
	}
	return end == at
}

// scan goes from header to header.
func (f *File) scan(size int64) error {
	at := int64(0)
	for at < size {
		h, err := f.header(at)
		if err != nil && at == 0 {
			return err
		}
		next := at + headerSize + int64(h.stored)
		if err != nil || next > size {
			break
		}
		if h.kind == kindIndex {
			next += 8
		} else {
			f.blocks = append(f.blocks, place{at, h})
		}
		at = next
	}
	f.Lost = max(0, size-at)
	return nil
}

func (f *File) header(at int64) (header, error) {
	var b [headerSize]byte
	if n, err := f.r.ReadAt(b[:], at); n < len(b) {
		return header{}, fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return parseHeader(b[:])
}

func (f *File) data(p place) ([]byte, error) {
	stored := make([]byte, p.stored)
	if n, err := f.r.ReadAt(stored, p.at+headerSize); n < len(stored) {
		return nil, fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return unpack(p.header, stored)
}

// Len is the number of events.
func (f *File) Len() (n int) {
	for _, p := range f.blocks {
		n += int(p.count)
	}
	return n
}

// Span is the time of the first and of the last event.
func (f *File) Span() (first, last time.Time) {
	if len(f.blocks) == 0 {
		return
	}
	return time.Unix(0, f.blocks[0].first), time.Unix(0, f.blocks[len(f.blocks)-1].last)
}

// Events gives all events in their order. An event is valid until the next one.
// A damaged block is reported as an error, with ErrCorrupt, and left out.
func (f *File) Events() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		var ev Event
		for _, p := range f.blocks {
			data, err := f.data(p)
			d := decoder{buf: data, last: p.first}
			for n := uint32(0); err == nil && n < p.count; n++ {
				if !d.event(&ev) {
					err = fmt.Errorf("%w: event %d of the block at %d makes no sense", ErrCorrupt, n, p.at)
				} else if !yield(&ev, nil) {
					return
				}
			}
			if err != nil && !yield(nil, err) {
				return
			}
		}
	}
}
