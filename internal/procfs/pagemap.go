package procfs

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// Pagemap is an open /proc/TID/pagemap: which pages of an address space there are
// (Documentation/admin-guide/mm/pagemap.rst of the kernel). It is for one goroutine.
type Pagemap struct {
	fd     int
	page   uint64
	buffer []byte
}

// Entries are read some at first and then many at once: where there is one page
// there usually is the next.
const (
	pagemapEntry = 8
	pagemapFew   = 16
	pagemapMany  = 8192
)

// Bits of an entry.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
)

// OpenPagemap opens the page map of a thread's process. Kernels may have none
// (CONFIG_PROC_PAGE_MONITOR): ENOENT.
func OpenPagemap(tid int) (*Pagemap, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path(tid, "pagemap"), unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, fail(tid, "pagemap", err)
	}
	return &Pagemap{fd, uint64(os.Getpagesize()), make([]byte, pagemapMany*pagemapEntry)}, nil
}

// Close closes the file.
func (p *Pagemap) Close() error { return unix.Close(p.fd) }

// Absent is how many of the size bytes from addr on come before the first page that
// is in memory or swapped out. Where that cannot be found out it is 0. Anonymous
// private memory without a page is zero; other memory may be in a file.
func (p *Pagemap) Absent(addr, size uint64) (n uint64) {
	for few := pagemapFew; n < size; few = pagemapMany {
		first := (addr + n) / p.page
		pages := (addr+size-1)/p.page - first + 1
		b := p.buffer[:min(pages, uint64(few))*pagemapEntry]
		got, err := unix.Pread(p.fd, b, int64(first*pagemapEntry))
		if err != nil || got < pagemapEntry {
			return n
		}
		for i := 0; i+pagemapEntry <= got; i += pagemapEntry {
			if binary.NativeEndian.Uint64(b[i:])&(pagePresent|pageSwapped) != 0 {
				return n
			}
			n = min(size, (first+uint64(i/pagemapEntry)+1)*p.page-addr)
		}
	}
	return n
}
