package paths

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// memory begins at address 0x1000.
type memory []byte

func (m memory) ReadMemory(addr uint64, p []byte) (int, error) {
	if addr < 0x1000 || addr-0x1000 >= uint64(len(m)) {
		return 0, os.ErrInvalid
	}
	return copy(p, m[addr-0x1000:]), nil
}

func call(abi *syscalls.ABI, name string, mem memory, args ...uint64) *decode.Call {
	known, ok := abi.ByName(name)
	if !ok {
		panic(name)
	}
	c := &decode.Call{ABI: abi, Nr: uint64(known.Number), TID: os.Getpid(), Mem: mem}
	copy(c.Args[:], args)
	return c
}

func TestNames(t *testing.T) {
	f := New([]string{"/some/file"}, nil)
	mem := memory("/some/file\x00/some/filet\x00")
	for _, c := range []struct {
		call *decode.Call
		want bool
	}{
		{call(syscalls.X86_64, "open", mem, 0x1000), true},
		{call(syscalls.X86_64, "open", mem, 0x1001), false},
		{call(syscalls.X86_64, "open", mem, 0x100b), false},
		{call(syscalls.X86_64, "open", mem, 0), false},
		{call(syscalls.X86_64, "open", mem, 1<<63), false},
		{call(syscalls.X86_64, "openat", mem, 0x1000, 0x1000), true},
		{call(syscalls.X86_64, "openat", mem, 0x1000, 0x1001), false},
		{call(syscalls.I386, "rename", mem, 0x1001, 0x1000), true},
		{call(syscalls.X86_64, "getpid", mem, 0x1000), false},
		{&decode.Call{ABI: syscalls.X86_64, Nr: 99999}, false},
	} {
		if got := f.Match(c.call); got != c.want {
			t.Errorf("%s(%#x): %v", c.call.ABI.CallName(c.call.Nr), c.call.Args, got)
		}
	}
	if (*Filter)(nil).Match(call(syscalls.X86_64, "getpid", nil)) != true || New(nil, nil) != nil {
		t.Error("no filter passes everything")
	}
}

// A file is found through its descriptor, wherever that stands.
func TestDescriptors(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	target := filepath.Join(t.TempDir(), "target")
	file, err := os.Create(target)
	if err == nil {
		err = os.Symlink(target, link)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd := uint64(file.Fd())

	poll := make(memory, 24)
	binary.LittleEndian.PutUint32(poll[8:], uint32(fd))
	binary.LittleEndian.PutUint32(poll[16:], ^uint32(0))
	set, big := make(memory, 128), make(memory, 128)
	set[fd/8] = 1 << (fd % 8)
	big[fd/64*8+7-fd%64/8] = 1 << (fd % 8)

	byName := New([]string{link}, nil)
	if len(byName.Resolved) != 1 {
		t.Errorf("remarks: %q", byName.Resolved)
	}
	for what, f := range map[string]*Filter{"by name": byName, "by number": New(nil, []int32{int32(fd)})} {
		for _, c := range []struct {
			call *decode.Call
			want bool
		}{
			{call(syscalls.X86_64, "read", nil, fd), true},
			{call(syscalls.X86_64, "read", nil, 1<<31-1), false},
			{call(syscalls.X86_64, "close_range", nil, fd), false},
			{call(syscalls.X86_64, "mmap", nil, 0, 0, 0, 0, fd), true},
			{call(syscalls.X86_64, "dup2", nil, 1<<20, fd), true},
			{call(syscalls.X86_64, "poll", poll, 0x1000, 3), true},
			{call(syscalls.X86_64, "poll", poll, 0x1000, 1), false},
			{call(syscalls.X86_64, "poll", poll, 0x1000, 1<<63), true},
			{call(syscalls.X86_64, "select", set, fd+1, 0, 0x1000), true},
			{call(syscalls.X86_64, "select", set, fd, 0, 0x1000), false},
			{call(syscalls.I386, "_newselect", set, 1<<31-1, 0x1000), false}, // longer than what can be read
			{call(syscalls.I386, "_newselect", set, 1024, 0x1000), true},
			{call(syscalls.S390X, "select", big, fd+1, 0, 0, 0x1000), true},
		} {
			if got := f.Match(c.call); got != c.want {
				t.Errorf("%s: %s(%#x): %v", what, c.call.ABI.CallName(c.call.Nr), c.call.Args, got)
			}
		}
	}
}

// Hostile arguments cost no more than a bounded read.
func FuzzMatch(f *testing.F) {
	f.Add(uint64(7), uint64(0x1000), uint64(1<<63), []byte("abc"))
	filter := New([]string{"abc"}, []int32{77})
	f.Fuzz(func(t *testing.T, nr, a, b uint64, mem []byte) {
		for _, abi := range []*syscalls.ABI{syscalls.X86_64, syscalls.I386, syscalls.S390X} {
			filter.Match(&decode.Call{ABI: abi, Nr: nr % 600, TID: os.Getpid(), Args: [6]uint64{b, a, a, a, a, a}, Mem: memory(mem)})
			filter.Match(&decode.Call{ABI: abi, Nr: nr % 600, TID: os.Getpid(), Args: [6]uint64{a, b, a, b, a, b}, Mem: memory(mem)})
		}
	})
}

// Names are looked up in the folder in which the command was called, which need not be
// that of this process.
// TestInMemory: calls of i386 whose arguments are in memory.
func TestInMemory(t *testing.T) {
	mem := make(memory, 64)
	words := func(at int, list ...uint32) {
		for i, v := range list {
			binary.LittleEndian.PutUint32(mem[at+4*i:], v)
		}
	}
	words(0, 0, 4096, 1, 2, 7, 0)             // of mmap: descriptor 7
	words(24, 8, 0, 0x1000+44, 0, 0, 1<<7, 0) // of select: descriptor 7 to be written
	for _, c := range []struct {
		name string
		at   uint64
		fd   int32
		want bool
	}{
		{"mmap", 0x1000, 7, true}, {"mmap", 0x1000, 4096, false}, {"mmap", 0x9000, 7, false},
		{"select", 0x1018, 7, true}, {"select", 0x1018, 3, false}, {"select", 0x9000, 7, false},
	} {
		if got := New(nil, []int32{c.fd}).Match(call(syscalls.I386, c.name, mem, c.at)); got != c.want {
			t.Errorf("%s at %#x touches %d: %v", c.name, c.at, c.fd, got)
		}
	}
}

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	target, err := filepath.EvalSymlinks(dir)
	if err == nil {
		err = os.Symlink(target, filepath.Join(dir, "link"))
	}
	if err != nil {
		t.Fatal(err)
	}
	f := New([]string{"link"}, nil)
	if len(f.Resolved) != 0 {
		t.Errorf("before: %q", f.Resolved)
	}
	f.Locate(dir)
	if want := fmt.Sprintf("Requested path %q resolved into %q", "link", target); len(f.Resolved) != 1 || f.Resolved[0] != want {
		t.Errorf("remarks: %q, want %q", f.Resolved, want)
	}
	f.Resolve(func(int, int32) (string, bool) { return target, true })
	for _, c := range []*decode.Call{
		call(syscalls.X86_64, "chdir", memory("link\x00"), 0x1000),
		call(syscalls.X86_64, "read", nil, 3),
		call(syscalls.X86_64, "fsconfig", memory("link\x00"), 3, 3, 0, 0x1000, 1<<32-1),
	} {
		if !f.Match(c) {
			t.Errorf("%s does not match", c.ABI.CallName(c.Nr))
		}
	}
	if c := call(syscalls.X86_64, "pidfd_open", nil, 3); f.Match(c) {
		t.Error("pidfd_open matches")
	}
}
