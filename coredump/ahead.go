package coredump

import (
	"context"
	"errors"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// ahead is memory that has been read and is not written yet. While a process stands
// still its memory is only copied, and written when it goes on: to write takes twice
// as long even if a file system just puts it by, and there may be a slow disk, a
// compressor or a pipe. Where memory does not suffice for that, what has been read is
// written while the rest is read.
type ahead struct {
	out    *output
	head   []byte // is written first
	region []byte // what rooms are cut from

	// Of the reader:

	fresh   []byte // the rest of the region
	whole   []byte // the present room
	rest    []byte // of it
	hole    uint64 // zeros before the next part
	writing bool   // there is a writer

	full   chan part
	free   chan []byte   // rooms that are written, for reuse
	failed chan struct{} // closed when the writer has given up, which is after it has set err
	ended  chan struct{} // closed at the writer's end
	err    error
	// panicked is what the writer has panicked with. It is the caller's to deal with:
	// finish panics with it there.
	panicked any
}

// part is zeros, and then data.
type part struct {
	hole uint64
	data []byte
	room []byte // is free when the data is written; nil: there is more in it
}

const (
	// ring is what is used over and over where that is all there is.
	ring = 4 << 20
	// spareShare is the part of the memory to spare that is taken at most.
	spareShare = 4
)

// prepare takes memory for size bytes, if there is so much to spare.
func prepare(ctx context.Context, size uint64) *ahead {
	spare, _ := procfs.Spare() // where nobody knows there is none
	return prepareAtMost(ctx, min(size, spare/spareShare))
}

func prepareAtMost(ctx context.Context, size uint64) *ahead {
	size = max(ring, (size+chunk-1)/chunk*chunk)
	a := &ahead{failed: make(chan struct{}), ended: make(chan struct{})}
	var err error
	// Not from the heap, which would keep it for a while.
	a.region, err = syscall.Mmap(-1, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
	if err != nil {
		a.region = make([]byte, ring)
	}
	// Its pages are there before anybody has to wait for them.
	for i := 0; i < len(a.region) && ctx.Err() == nil; i += page {
		a.region[i] = 0
	}
	a.fresh = a.region
	rooms := len(a.region) / chunk
	a.full, a.free = make(chan part, 4*rooms), make(chan []byte, rooms)
	return a
}

// release gives the memory back. The writer has ended.
func (a *ahead) release() {
	_ = syscall.Munmap(a.region) // EINVAL: it is the heap's
	a.region, a.fresh = nil, nil
}

// skip adds zeros.
func (a *ahead) skip(n uint64) { a.hole += n }

// room is memory for what is read next, up to size bytes. The error is the writer's,
// or the context's.
func (a *ahead) room(ctx context.Context, size uint64) ([]byte, error) {
	if len(a.rest) == 0 {
		if err := a.next(ctx); err != nil {
			return nil, err
		}
	}
	return a.rest[:min(size, uint64(len(a.rest)))], nil
}

// next takes another room.
func (a *ahead) next(ctx context.Context) error {
	if len(a.fresh) != 0 {
		a.whole, a.fresh = a.fresh[:chunk], a.fresh[chunk:]
		a.rest = a.whole
		return nil
	}
	a.begin()
	select {
	case a.whole = <-a.free:
		a.rest = a.whole
		return nil
	case <-a.failed:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put adds what has been read into the room. Errors are those of room.
func (a *ahead) put(ctx context.Context, data []byte) error {
	p := part{hole: a.hole, data: data}
	a.hole = 0
	if a.rest = a.rest[len(data):]; len(a.rest) == 0 {
		p.room = a.whole
	}
	select {
	case a.full <- p:
		return nil
	default: // there are many small ones
	}
	a.begin()
	select {
	case a.full <- p:
		return nil
	case <-a.failed:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin starts the writer.
func (a *ahead) begin() {
	if !a.writing {
		a.writing = true
		go a.write()
	}
}

// write writes until there is no more, or it fails.
func (a *ahead) write() {
	defer close(a.ended)
	defer func() {
		if a.panicked = recover(); a.panicked != nil {
			a.err = errors.New("the writer has panicked")
			close(a.failed)
		}
	}()
	err := a.out.write(a.head)
	for err == nil {
		p, more := <-a.full
		if !more {
			return
		}
		if err = a.out.zeros(p.hole); err == nil {
			err = a.out.write(p.data)
		}
		if p.room != nil {
			a.free <- p.room
		}
	}
	a.err = err
	close(a.failed)
}

// finish waits until everything is written; err says why that is not everything
// there should be, and then not all is.
func (a *ahead) finish(err error) error {
	if err != nil {
		for range len(a.full) {
			select {
			case <-a.full:
			default: // the writer has taken it
			}
		}
	}
	a.begin()
	close(a.full)
	<-a.ended
	if a.panicked != nil {
		panic(a.panicked)
	}
	if err == nil {
		err = a.err
	}
	if err == nil {
		err = a.out.zeros(a.hole)
	}
	return err
}
