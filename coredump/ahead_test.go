package coredump

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// gate is a writer that waits until it is open.
type gate struct {
	bytes.Buffer
	open chan struct{}
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.Buffer.Write(p)
}

// fill reads n chunks ahead, each after a hole, and returns what they are.
func fill(t *testing.T, a *ahead, n int) (want []byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b, err := a.room(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b = b[:len(b)-i%3*page]
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		a.skip(uint64(i % 2 * 5 * page))
		want = append(append(want, make([]byte, i%2*5*page)...), b...)
		a.put(b)
	}
	a.skip(page)
	return append(want, make([]byte, page)...)
}

// TestAhead: everything is written, in order, whoever is quicker, to what can seek
// and what cannot.
func TestAhead(t *testing.T) {
	const chunks = 3 * slab / chunk
	g := &gate{open: make(chan struct{})}
	out := &output{w: g}
	a := newAheadOf(out, 4*slab)
	want := fill(t, a, chunks) // nothing is written before this is done
	close(g.open)
	if err := a.finish(nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g.Bytes(), want) || out.size != int64(len(want)) {
		t.Errorf("%d bytes were written, %d are told, want %d", g.Len(), out.size, len(want))
	}

	path := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out = newOutput(file)
	a = newAheadOf(out, 0) // one slab for everything
	want = fill(t, a, chunks)
	if err := errors.Join(a.finish(nil), out.finish()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes were written, want %d; %v", len(got), len(want), err)
	}
}

// TestAheadFails: who waits for a writer is told of its error, and of the context's
// end, also if the writer never comes back.
func TestAheadFails(t *testing.T) {
	a := newAheadOf(&output{w: failing{}}, 0)
	err := error(nil)
	for err == nil {
		var b []byte
		if b, err = a.room(t.Context()); err == nil {
			a.put(b)
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !errors.Is(a.finish(err), syscall.ENOSPC) {
		t.Errorf("%v, want ENOSPC", err)
	}

	g := &gate{open: make(chan struct{})}
	a = newAheadOf(&output{w: g}, 0)
	fill(t, a, slab/chunk)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.room(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's", err)
	}
	close(g.open)
	if err := a.finish(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the reader's", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
