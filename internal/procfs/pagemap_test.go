package procfs

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestAbsent: pages that nobody has written are absent, one by one and by the
// gibibyte.
func TestAbsent(t *testing.T) {
	p, err := OpenPagemap(unix.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const size = 256 << 20
	page := uint64(os.Getpagesize())
	area, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(area)
	unix.Madvise(area, unix.MADV_NOHUGEPAGE)
	start := uint64(uintptr(unsafe.Pointer(&area[0])))
	if n := p.Absent(start, size); n != size {
		t.Errorf("%d of %d bytes are absent before they are written", n, size)
	}
	area[200<<20] = 1
	for _, c := range []struct{ at, size, want uint64 }{
		{0, size, 200 << 20},
		{5, 200 << 20, 200<<20 - 5},
		{200 << 20, page, 0},
		{200<<20 + page, size - 200<<20 - page, size - 200<<20 - page},
		{page, 3, 3},
		{200<<20 - page, 2 * page, page},
		{0, 0, 0},
	} {
		if n := p.Absent(start+c.at, c.size); n != c.want {
			t.Errorf("of %d bytes at %d %d are absent, want %d", c.size, c.at, n, c.want)
		}
	}
}

// TestBound: control groups bound memory, the one above as well.
func TestBound(t *testing.T) {
	mount := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(mount, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("a/memory.max", "1000\n")
	write("a/memory.current", "300\n")
	write("a/b/memory.max", "max\n")
	write("a/b/memory.current", "300\n")
	write("memory/c/memory.limit_in_bytes", "500\n")
	write("memory/c/memory.usage_in_bytes", "600\n")
	for groups, want := range map[string]uint64{
		"0::/a/b\n":                       700,
		"0::/\n":                          math.MaxUint64,
		"5:memory:/c\n4:cpu,cpuacct:/a\n": 0,
		"0::/a\n5:memory:/c":              0,
		"":                                math.MaxUint64,
		"nonsense":                        math.MaxUint64,
	} {
		if got := bound(mount, groups); got != want {
			t.Errorf("%q: %d bytes are left, want %d", groups, got, want)
		}
	}
	if n, err := Spare(); err != nil || n == 0 {
		t.Errorf("this process can have %d bytes, %v", n, err)
	}
}
