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
	"time"
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

// ready has memory for size bytes, and one in front.
func ready(t *testing.T, out *output, size uint64) *ahead {
	t.Helper()
	a := prepareAtMost(t.Context(), size)
	t.Cleanup(a.release)
	a.out, a.head = out, []byte{'!'}
	return a
}

// fill reads n chunks ahead, in pieces of all sizes and with holes, and returns what
// they are.
func fill(t *testing.T, a *ahead, n int) (want []byte) {
	t.Helper()
	want = []byte{'!'}
	random := rand.New(rand.NewPCG(1, 2))
	for len(want) < n*chunk {
		b, err := a.room(t.Context(), page*(1+random.Uint64N(2*chunk/page)))
		if err != nil {
			t.Fatal(err)
		}
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		hole := random.Uint64N(2) * 5 * page
		a.skip(hole)
		want = append(append(want, make([]byte, hole)...), b...)
		if err := a.put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	a.skip(page)
	return append(want, make([]byte, page)...)
}

// TestAhead: everything is written, in order, whoever is quicker, to what can seek
// and what cannot.
func TestAhead(t *testing.T) {
	const chunks = 3 * ring / chunk
	var w bytes.Buffer
	out := &output{w: &w}
	a := ready(t, out, 4*ring)
	want := fill(t, a, chunks)
	if w.Len() != 0 {
		t.Error("it is written although there is room")
	}
	if err := a.finish(nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(w.Bytes(), want) || out.size != int64(len(want)) {
		t.Errorf("%d bytes were written, %d are told, want %d", w.Len(), out.size, len(want))
	}

	path := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out = newOutput(file)
	a = ready(t, out, 0) // the ring for everything
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
	a := ready(t, &output{w: failing{}}, 0)
	err := error(nil)
	for err == nil {
		var b []byte
		if b, err = a.room(t.Context(), page); err == nil {
			err = a.put(t.Context(), b)
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !errors.Is(a.finish(err), syscall.ENOSPC) {
		t.Errorf("%v, want ENOSPC", err)
	}

	g := &gate{open: make(chan struct{})}
	a = ready(t, &output{w: g}, 0)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel) // sooner or later, it does not matter
	for err = nil; err == nil; {
		var b []byte
		if b, err = a.room(ctx, chunk); err == nil {
			err = a.put(ctx, b)
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's", err)
	}
	close(g.open)
	if err := a.finish(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the reader's", err)
	}
}

// TestAheadPanics: a panic of the writer is one of who waits for it, where it can be
// recovered from.
func TestAheadPanics(t *testing.T) {
	a := ready(t, &output{w: panicking{}}, 0)
	defer func() {
		if v := recover(); v != "out of order" {
			t.Errorf("recovered %v", v)
		}
	}()
	err := error(nil)
	for err == nil {
		var b []byte
		if b, err = a.room(t.Context(), page); err == nil {
			err = a.put(t.Context(), b)
		}
	}
	t.Errorf("finish: %v", a.finish(err))
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("out of order") }

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
