package coredump

import (
	"context"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// ahead is memory that has been read and is not written yet. A goroutine writes it
// while the process is read on. If that is slow, for a disk, a compressor or a pipe,
// the process does not wait: the memory is kept, as much as the machine has to
// spare.
type ahead struct {
	out *output

	// Of the reader:

	hole  uint64   // zeros before the next part
	slabs [][]byte // what buffers are cut from
	fresh []byte   // the rest of the last slab
	spare uint64   // how many bytes more may be taken

	full   chan part
	free   chan []byte   // written, for reuse
	failed chan struct{} // closed when the writer has given up, which is after it has set err
	ended  chan struct{} // closed at the writer's end
	err    error
}

// part is zeros, and then data.
type part struct {
	hole uint64
	data []byte
}

const (
	// slab is how much memory is taken at once. The first is used over and over
	// while the writer keeps up.
	slab = 4 << 20
	// lag is how long a writer may let the reader wait: several times as long as
	// it takes to copy a chunk.
	lag = time.Millisecond
	// spareShare is the part of the memory to spare that is taken at most.
	spareShare = 4
)

func newAhead(out *output) *ahead {
	spare, _ := procfs.Spare() // where nobody knows there is none
	return newAheadOf(out, spare/spareShare)
}

// newAheadOf takes spare bytes at most, but one slab in any case.
func newAheadOf(out *output, spare uint64) *ahead {
	parts := (slab + spare) / chunk
	a := &ahead{
		out: out, spare: spare, fresh: make([]byte, slab),
		full: make(chan part, parts), free: make(chan []byte, parts),
		failed: make(chan struct{}), ended: make(chan struct{}),
	}
	clear(a.fresh) // its pages are there before they are waited for
	go a.write()
	return a
}

// skip adds zeros.
func (a *ahead) skip(n uint64) { a.hole += n }

// put adds what has been read into a room.
func (a *ahead) put(data []byte) {
	a.full <- part{a.hole, data} // never waits: there are no more rooms
	a.hole = 0
}

// room is memory for a chunk. The error is the writer's, or the context's.
func (a *ahead) room(ctx context.Context) ([]byte, error) {
	select {
	case b := <-a.free:
		return b, nil
	case <-a.failed:
		return nil, a.err
	default:
	}
	if len(a.fresh) != 0 {
		return a.cut(), nil
	}
	patience := (<-chan time.Time)(nil)
	if a.spare >= slab {
		patience = time.After(lag)
	}
	select {
	case b := <-a.free:
		return b, nil
	case <-a.failed:
		return nil, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience:
	}
	// Not from the heap, which would keep it for a while.
	b, err := syscall.Mmap(-1, 0, slab, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
	if err != nil {
		a.spare = 0
		return a.room(ctx)
	}
	a.spare -= slab
	a.slabs, a.fresh = append(a.slabs, b), b
	return a.cut(), nil
}

func (a *ahead) cut() []byte {
	b := a.fresh[:chunk:chunk]
	a.fresh = a.fresh[chunk:]
	return b
}

// write writes until there is no more, or it fails.
func (a *ahead) write() {
	defer close(a.ended)
	for p := range a.full {
		err := a.out.zeros(p.hole)
		if err == nil {
			err = a.out.write(p.data)
		}
		if err != nil {
			a.err = err
			close(a.failed)
			return
		}
		a.free <- p.data[:chunk]
	}
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
	close(a.full)
	<-a.ended
	for _, b := range a.slabs {
		_ = syscall.Munmap(b) // which has no way to fail
	}
	if err == nil {
		err = a.err
	}
	if err == nil {
		err = a.out.zeros(a.hole)
	}
	return err
}
