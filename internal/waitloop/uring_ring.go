package waitloop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The parts of linux/io_uring.h that are needed here; x/sys/unix has none of it.
const (
	opPollAdd    = 6
	opPollRemove = 7
	opWaitID     = 50

	setupSingleIssuer = 1 << 12 // one thread submits, and
	setupDeferTaskrun = 1 << 13 // completions are made in its own calls only
	enterGetEvents    = 1 << 0
	featSingleMmap    = 1 << 0
	offsetRings       = 0
	offsetSubmissions = 0x10000000
)

// submission is struct io_uring_sqe.
type submission struct {
	opcode    uint8
	flags     uint8
	ioprio    uint16
	fd        int32
	offset    uint64
	address   uint64
	length    uint32
	opFlags   uint32
	userData  uint64
	bufIndex  uint16
	persona   uint16
	fileIndex uint32
	address3  uint64
	_         uint64
}

// completion is struct io_uring_cqe.
type completion struct {
	userData uint64
	result   int32
	flags    uint32
}

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32
	sq                                                                     struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// ring is an io_uring used by one thread without io-wq, polling or SQ threads.
type ring struct {
	fd                     int
	rings, submissions     []byte // the two mappings
	params                 ringParams
	sqHead, sqTail, cqHead *uint32
	cqTail                 *uint32
	unsubmitted            uint32
}

func newRing(entries uint32) (*ring, error) {
	r := &ring{}
	r.params.flags = setupSingleIssuer | setupDeferTaskrun
	fd, _, e := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&r.params)), 0)
	if e != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", e)
	}
	r.fd = int(fd) // io_uring_setup sets O_CLOEXEC
	if err := r.mmap(); err != nil {
		return nil, errors.Join(fmt.Errorf("io_uring: %w", err), r.close())
	}
	return r, nil
}

func (r *ring) mmap() (err error) {
	p := &r.params
	if p.features&featSingleMmap == 0 {
		return fmt.Errorf("two ring mappings needed: %w", syscall.EINVAL)
	}
	size := max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	const access = unix.PROT_READ | unix.PROT_WRITE
	const how = unix.MAP_SHARED | unix.MAP_POPULATE
	if r.rings, err = unix.Mmap(r.fd, offsetRings, int(size), access, how); err != nil {
		return fmt.Errorf("map the rings: %w", err)
	}
	size = p.sqEntries * uint32(unsafe.Sizeof(submission{}))
	if r.submissions, err = unix.Mmap(r.fd, offsetSubmissions, int(size), access, how); err != nil {
		return fmt.Errorf("map the submissions: %w", err)
	}
	word := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[offset])) }
	r.sqHead, r.sqTail = word(p.sq.head), word(p.sq.tail)
	r.cqHead, r.cqTail = word(p.cq.head), word(p.cq.tail)
	// Slot i of the submission ring always means submission i.
	for i := range p.sqEntries {
		binary.NativeEndian.PutUint32(r.rings[p.sq.array+4*i:], i)
	}
	return nil
}

// submit queues s for the next enter.
func (r *ring) submit(s submission) error {
	tail := *r.sqTail // ours alone to write
	if tail-atomic.LoadUint32(r.sqHead) >= r.params.sqEntries {
		return fmt.Errorf("io_uring submission queue is full: %w", syscall.EBUSY)
	}
	slot := tail & (r.params.sqEntries - 1) * uint32(unsafe.Sizeof(s))
	*(*submission)(unsafe.Pointer(&r.submissions[slot])) = s
	atomic.StoreUint32(r.sqTail, tail+1)
	r.unsubmitted++
	return nil
}

// enter submits what is queued and sleeps until there are completions.
func (r *ring) enter(completions uint32) error {
	for {
		n, _, e := syscall.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.unsubmitted),
			uintptr(completions), enterGetEvents, 0, 0)
		switch {
		case e == 0:
			r.unsubmitted -= uint32(n)
			if r.unsubmitted == 0 {
				return nil
			}
		case e != unix.EINTR:
			return fmt.Errorf("io_uring_enter: %w", e)
		}
	}
}

// next takes one completion.
func (r *ring) next() (completion, bool) {
	head := *r.cqHead // ours alone to write
	if head == atomic.LoadUint32(r.cqTail) {
		return completion{}, false
	}
	const size = uint32(unsafe.Sizeof(completion{}))
	slot := r.params.cq.cqes + head&(r.params.cqEntries-1)*size
	c := *(*completion)(unsafe.Pointer(&r.rings[slot]))
	atomic.StoreUint32(r.cqHead, head+1)
	return c, true
}

// close frees the ring; the kernel cancels requests that are still pending.
func (r *ring) close() error {
	err := unix.Close(r.fd)
	for _, mapping := range [][]byte{r.rings, r.submissions} {
		if mapping != nil {
			err = errors.Join(err, unix.Munmap(mapping))
		}
	}
	return err
}
