package coredump

import (
	"context"
	"errors"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// memory is what a dump is taken from.
type memory interface {
	// read reads from a mapping, up to the first byte that cannot be read.
	read(m *procfs.Mapping, addr uint64, p []byte) (int, error)
	// absent is how many of size bytes of anonymous private memory come before
	// the first page that anybody has written: they are zero.
	absent(addr, size uint64) uint64
	// close says whether what was read is of one moment.
	close() error
}

// held is the memory of a process that an engine holds. Only code is read through
// the core, which may have planted breakpoints there; all the rest past its loop,
// which has other things to do.
type held struct {
	tid   int
	file  *procfs.Mem
	pages *procfs.Pagemap // nil: the kernel has none
	code  *utrace.Examination
}

func examine(ctx context.Context, e *utrace.Engine) (*held, error) {
	h := &held{tid: e.Thread().ID()}
	var err error
	if h.file, err = procfs.OpenMem(h.tid); err != nil {
		return nil, err
	}
	if h.code, err = e.Examine(ctx); err != nil {
		h.file.Close()
		return nil, err
	}
	h.pages, _ = procfs.OpenPagemap(h.tid)
	return h, nil
}

func (h *held) read(m *procfs.Mapping, addr uint64, p []byte) (int, error) {
	if m.Exec {
		return h.code.ReadMemory(addr, p)
	}
	// The vector call is the quicker one, the file shows a tracer more.
	n, err := ptrace.Read(h.tid, uintptr(addr), p)
	if err != nil && err != syscall.ESRCH || n < len(p) {
		var more int
		more, err = h.file.Read(addr+uint64(n), p[n:])
		n += more
	}
	if err == syscall.ESRCH {
		err = utrace.ErrGone
	}
	return n, err
}

func (h *held) absent(addr, size uint64) uint64 {
	if h.pages == nil {
		return 0
	}
	return h.pages.Absent(addr, size)
}

// close implements memory. A process is killed only for the last time: ErrGone.
func (h *held) close() error {
	h.file.Close()
	if h.pages != nil {
		h.pages.Close()
	}
	if err := h.code.Close(); errors.Is(err, utrace.ErrAgain) {
		return utrace.ErrGone
	} else if err != nil {
		return err
	}
	return nil
}

// read reads from a mapping; pages that cannot be read are zero.
func (d *dump) read(m *procfs.Mapping, addr uint64, p []byte) error {
	for len(p) > 0 {
		n, err := d.memory.read(m, addr, p)
		if errors.Is(err, utrace.ErrGone) || errors.Is(err, utrace.ErrAgain) || errors.Is(err, utrace.ErrInvalid) {
			return err
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
		if n == len(p) {
			return nil
		}
		n &^= page - 1
		hole := min(page, len(p)-n)
		clear(p[n : n+hole])
		if !fromKernel(m) {
			d.unreadable += uint64(hole)
		}
		addr, p = addr+uint64(n+hole), p[n+hole:]
	}
	return nil
}
