package gdbserver

import (
	"bytes"
	"context"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// A search or a checksum goes over as much memory as a client likes. It does so in
// slices, between which the loop serves the others, and the program runs if the client
// does not hold it.

// sliceSize is how much memory is looked at in one go.
const sliceSize = 1 << 20

// walker looks at memory slice by slice.
type walker interface {
	// slice looks at the next part. more is false at the end.
	slice(r memory) (more bool, err error)
	// AppendTo appends what was found.
	AppendTo(dst []byte) []byte
}

// walk has a walker look at the memory of the process that packets are about.
func (s *session) walk(w walker) ([]byte, error) {
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	p, core, holder := t.p, s.server.core, t.p.held()
	return nil, s.later(func(ctx context.Context) func() ([]byte, error) {
		more := true
		look := func(e *utrace.Engine) error {
			return s.server.do(ctx, func() error {
				r, err := e.Held()
				switch {
				case err != nil:
					return err
				case s.gone:
					return utrace.ErrGone
				}
				more, err = w.slice(r)
				return err
			})
		}
		var err error
		for more && err == nil {
			if holder != nil { // who is not served meanwhile, and does not resume it
				err = look(holder.engine)
			} else {
				err = stopBriefly(ctx, core, p.pid, 0, look)
			}
		}
		return func() ([]byte, error) {
			if err != nil {
				return nil, memoryError(err)
			}
			return w.AppendTo(nil), nil
		}
	})
}

// search serves qSearch:memory.
func (s *session) search(_, packet []byte) ([]byte, error) {
	q, err := rsp.ParseSearch(packet)
	if err != nil {
		return nil, err
	}
	return s.walk(&searcher{Search: q})
}

// searcher looks for a pattern.
type searcher struct {
	rsp.Search
	rsp.Match
	// window is what was read, from Search.Addr on, and can be the begin of a match.
	window []byte
}

func (x *searcher) slice(r memory) (more bool, err error) {
	n, keep := min(x.Length, sliceSize), len(x.window)
	x.window = append(x.window, make([]byte, n)...)
	if _, err := r.ReadMemory(x.Search.Addr+uint64(keep), x.window[keep:]); err != nil {
		return false, err
	}
	x.Length -= n
	if i := bytes.Index(x.window, x.Pattern); i >= 0 {
		x.Match = rsp.Match{Found: true, Addr: x.Search.Addr + uint64(i)}
		return false, nil
	}
	drop := max(0, len(x.window)-len(x.Pattern)+1)
	x.Search.Addr += uint64(drop)
	x.window = x.window[:copy(x.window, x.window[drop:])]
	return x.Length != 0, nil
}

func (x *searcher) AppendTo(dst []byte) []byte { return x.Match.AppendTo(dst) }

// checksum serves qCRC.
func (s *session) checksum(_, packet []byte) ([]byte, error) {
	q, err := rsp.ParseChecksum(packet)
	if err != nil {
		return nil, err
	}
	return s.walk(&summer{Checksum: q, crc: ^uint32(0)})
}

// summer computes a checksum.
type summer struct {
	rsp.Checksum
	crc   uint32
	piece []byte
}

func (x *summer) slice(r memory) (more bool, err error) {
	x.piece = append(x.piece[:0], make([]byte, min(x.Length, sliceSize))...)
	if _, err := r.ReadMemory(x.Addr, x.piece); err != nil {
		return false, err
	}
	x.crc = rsp.CRC(x.crc, x.piece)
	x.Addr += uint64(len(x.piece))
	x.Length -= uint64(len(x.piece))
	return x.Length != 0, nil
}

func (x *summer) AppendTo(dst []byte) []byte { return rsp.AppendCRC(dst, x.crc) }
