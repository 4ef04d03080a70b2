package procfs

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SharedMemory is memory without a name that can be passed on as a descriptor.
type SharedMemory struct {
	FD    int
	Bytes []byte
}

// NewSharedMemory makes zeroed memory (memfd_create(2)). The descriptor is
// close-on-exec.
func NewSharedMemory(name string, size int) (*SharedMemory, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd: %w", err)
	}
	m := &SharedMemory{FD: fd}
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("memfd of %d bytes: %w", size, err)
	}
	if size == 0 {
		return m, nil
	}
	if m.Bytes, err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("map a memfd of %d bytes: %w", size, err)
	}
	return m, nil
}

// MapShared maps memory that another process made. The descriptor is taken over
// if that works.
func MapShared(fd, size int) (*SharedMemory, error) {
	b, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return &SharedMemory{fd, b}, nil
}

// Unmap takes the memory out of this process. The descriptor stays.
func (m *SharedMemory) Unmap() {
	if m.Bytes != nil {
		_ = unix.Munmap(m.Bytes)
		m.Bytes = nil
	}
}
