package nowait

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe takes what it has room for, and the call returns; the descriptor stays
// as it is, blocking.
func TestPipe(t *testing.T) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	r, w := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	defer w.Close()
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	n, err := Write(w, text)
	if err != nil || n == 0 || n == len(text) {
		t.Fatalf("%d of %d bytes, %v", n, len(text), err)
	}
	got := make([]byte, n)
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, text[:n]) {
		t.Errorf("what was written cannot be read: %v", err)
	}
	if n, err := Write(w, text[:100]); n != 100 || err != nil {
		t.Errorf("with room again: %d bytes, %v", n, err)
	}
	r.Close()
	if _, err := Write(w, text); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("without a reader: %v", err)
	}
}

// A file takes everything.
func TestFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := make([]byte, 1<<20)
	if n, err := Write(f, text); n != len(text) || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
