//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// Files are opened, read, written and removed; what is no file, or no place in one, is
// refused, and holds nobody up.
func TestFiles(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	do := func(f rsp.File) rsp.FileResult {
		t.Helper()
		r, err := rsp.ParseFileResult([]byte(c.ask(string(f.AppendTo(nil)))))
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		return r
	}
	open := func(path string) int {
		t.Helper()
		r := do(rsp.File{Op: "open", Path: path})
		if r.Failure != 0 {
			t.Fatalf("open %s: error %d", path, r.Failure)
		}
		return int(r.Value)
	}
	fails := func(want syscall.Errno, f rsp.File) {
		t.Helper()
		if r := do(f); r.Failure != uint64(want) {
			t.Errorf("%+v: %+v, want %v", f, r, want)
		}
	}
	for range 3 { // what one reply was made in is used for the next
		c.want("vFile:setfs:0", "F0")
		c.ask("qHostInfo")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	const create = 0x200 | 0x2
	fd := int(do(rsp.File{Op: "open", Path: path, Flags: create, Mode: 0o600}).Value)
	text := []byte("#$}*text")
	if r := do(rsp.File{Op: "pwrite", FD: fd, Offset: 2, Data: text}); r.Value != uint64(len(text)) {
		t.Errorf("written: %+v", r)
	}
	if r := do(rsp.File{Op: "pread", FD: fd, Count: 1 << 40, Offset: 2}); !bytes.Equal(r.Data, text) || r.Value != uint64(len(text)) {
		t.Errorf("read: %+v", r)
	}
	if r := do(rsp.File{Op: "pread", FD: fd, Count: 10, Offset: 1 << 40}); r.Value != 0 || len(r.Data) != 0 {
		t.Errorf("read behind the end: %+v", r)
	}
	fails(syscall.EINVAL, rsp.File{Op: "pread", FD: fd, Count: 10, Offset: 1 << 63})
	if r := do(rsp.File{Op: "fstat", FD: fd}); r.Value != 64 || len(r.Data) != 64 {
		t.Errorf("stat: %+v", r)
	}
	c.want(string(rsp.File{Op: "close", FD: fd}.AppendTo(nil)), "F0")
	fails(syscall.EBADF, rsp.File{Op: "close", FD: fd})
	fails(syscall.EBADF, rsp.File{Op: "pread", FD: 1 << 30, Count: 1})
	c.want(string(rsp.File{Op: "unlink", Path: path}.AppendTo(nil)), "F0")
	fails(syscall.ENOENT, rsp.File{Op: "open", Path: path})
	fails(syscall.EINVAL, rsp.File{Op: "open", Path: path, Flags: 1 << 40})
	fails(syscall.EISDIR, rsp.File{Op: "pread", FD: open(dir), Count: 10})
	if r := do(rsp.File{Op: "pread", FD: open("/dev/zero"), Count: 1 << 60}); r.Value == 0 || r.Value > 1<<17 {
		t.Errorf("read of /dev/zero: %d bytes", r.Value)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	fails(syscall.ESPIPE, rsp.File{Op: "pread", FD: open(fifo), Count: 10})
	if r := do(rsp.File{Op: "readlink", Path: "/proc/self/exe"}); string(r.Data) != executable(t) {
		t.Errorf("readlink: %+v", r)
	}
	for open := 0; ; open++ {
		if r := do(rsp.File{Op: "open", Path: "/dev/null"}); r.Failure != 0 {
			if r.Failure != uint64(syscall.EMFILE) || open < 200 {
				t.Errorf("the file after %d more: %+v", open, r)
			}
			break
		}
	}
}

func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
