package vptrace

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
)

// Debuggers read and write their tracees' memory through /proc/PID/mem. Such a
// file shows the breakpoints of everybody, and what is planted through it is
// nobody's. So a tracer that opens the file of its tracee gets the descriptor
// under a number that the filter knows, and its pread64 and pwrite64 on these
// numbers come here.

// The numbers are the last below the usual limit of 1024 open files.
const (
	firstMemFD = 960
	lastMemFD  = 1023
)

// memFile is an open file of this kind.
type memFile struct {
	pid int
	mem *procfs.Mem // our own copy: the address space at the time of the open
}

// pendingWrite is a write to a process none of whose threads is stopped.
type pendingWrite struct {
	call   call
	place  int32 // in the ledger
	file   *memFile
	offset uint64
}

// endWrites forgets the writes that are over.
func (t *tracer) endWrites(over func(*pendingWrite) bool) {
	t.writes = slices.DeleteFunc(t.writes, func(w pendingWrite) bool {
		if !over(&w) {
			return false
		}
		t.s.ledger.Drop(w.place)
		return true
	})
}

// open serves the opening of a thread's status, and of a tracee's memory. Everything
// else is the kernel's business, an attempt at /proc/self/mem too.
func (s *Server) open(c *call) {
	path := readPath(int(c.TID), c.Args[1])
	if flags := uint32(c.Args[2]); flags == readFlags || flags == readFlags32 {
		if !s.openStatus(c, path) && !s.openStat(c, path) {
			s.pass(c)
		}
		return
	}
	t := s.tracers[c.tgid]
	if t == nil || len(t.links) == 0 {
		s.pass(c)
		return
	}
	// A tracer in another PID namespace has the /proc of that.
	l := t.links[s.ids.ours(c.tgid, memPath(path))]
	if l == nil || !c.from.Valid(c.ID) {
		s.pass(c)
		return
	}
	number := t.freeNumber()
	mem, err := procfs.OpenMem(l.tid)
	if err != nil || number < 0 {
		s.pass(c)
		return
	}
	if err := c.from.ReturnFDAt(c.ID, mem.FD(), number); err != nil {
		_ = mem.Close()
		if err != syscall.ENOENT {
			s.pass(c) // its limit of open files is lower
		}
		return
	}
	t.forgetFile(number)
	t.files[number] = &memFile{l.tgid, mem}
}

// readPath reads a path from a caller's memory and divides it. It is empty if it
// is longer than any that matters.
func readPath(caller int, addr uint64) [][]byte {
	var b [64]byte
	n, _ := ptrace.Read(caller, uintptr(addr), b[:])
	path, _, ok := bytes.Cut(b[:n], []byte{0})
	if !ok || !bytes.HasPrefix(path, []byte("/proc/")) {
		return nil
	}
	return bytes.Split(bytes.Clone(path), []byte{'/'})
}

// memPath is the thread whose memory a path names, or 0.
func memPath(part [][]byte) int {
	n := len(part)
	if n != 4 && (n != 6 || string(part[3]) != "task") || string(part[n-1]) != "mem" {
		return 0
	}
	tid, err := strconv.Atoi(string(part[n-2]))
	if err != nil {
		return 0
	}
	return tid
}

// freeNumber is a number under which the process has nothing open, or -1.
func (t *tracer) freeNumber() int {
	for n := lastMemFD; n >= firstMemFD; n-- {
		var st syscall.Stat_t
		if syscall.Lstat(fmt.Sprintf("/proc/%d/fd/%d", t.tgid, n), &st) != nil {
			return n
		}
	}
	return -1
}

func (t *tracer) forgetFile(number int) {
	if f := t.files[number]; f != nil {
		_ = f.mem.Close()
		delete(t.files, number)
	}
}

// file finds the file of a pread64 or pwrite64, and a link to the process whose
// memory it is. Without both the call is the kernel's.
func (s *Server) file(c *call) (*memFile, *link) {
	t := s.tracers[c.tgid]
	if t == nil {
		return nil, nil
	}
	f := t.files[int(int32(c.Args[0]))]
	if f == nil {
		return nil, nil
	}
	return f, t.linkTo(f.pid)
}

// linkTo is a link to a process, one that holds its thread if there is any.
func (t *tracer) linkTo(pid int) (found *link) {
	for _, l := range t.links {
		if l.tgid != pid {
			continue
		}
		if _, err := l.engine.Held(); err == nil {
			return l
		}
		found = l
	}
	return found
}

// longestTransfer bounds what one call moves: reads and writes of files may be
// short.
const longestTransfer = 256 << 10

// pread reads memory as the tracer sees it: without the breakpoints of others,
// with its own. The thread may run.
func (s *Server) pread(c *call, offset uint64) {
	f, l := s.file(c)
	if l == nil {
		s.pass(c)
		return
	}
	p := s.scratch(c.Args[2])
	n, err := f.mem.Read(offset, p)
	switch {
	case n > 0 || len(p) == 0:
	case err == syscall.ESRCH:
		s.answer(c, 0, 0) // mem_rw in fs/proc/base.c: the address space has gone
		return
	default:
		s.answer(c, 0, syscall.EIO)
		return
	}
	p = p[:n]
	l.engine.HideTraps(offset, p)
	l.ownTraps(offset, p)
	if errno := s.put(c, c.Args[1], p); errno != 0 {
		s.answer(c, 0, errno)
		return
	}
	s.answer(c, int64(n), 0)
}

// scratch is room for a transfer, used again for the next.
func (s *Server) scratch(n uint64) []byte {
	n = min(n, longestTransfer)
	if uint64(len(s.buffer)) < n {
		s.buffer = make([]byte, n)
	}
	return s.buffer[:n]
}

// pwrite writes memory. What it does to breakpoints takes a stopped thread: if
// there is none, the call waits until one comes by.
func (s *Server) pwrite(c *call, offset uint64) {
	f, l := s.file(c)
	if l == nil {
		s.pass(c)
		return
	}
	if r, err := l.engine.Held(); err == nil {
		s.writeFile(c, f, l, r, offset)
		return
	}
	t := l.tracer
	t.endWrites(func(w *pendingWrite) bool { return w.call.TID == c.TID })
	t.writes = append(t.writes, pendingWrite{file: f, call: *c, place: s.ledger.Keep(), offset: offset})
	l.remask()
	_ = l.engine.Control(background, utrace.ReportSoon)
}

// writeFile answers a write through a stopped thread.
func (s *Server) writeFile(c *call, f *memFile, l *link, r *utrace.Report, offset uint64) {
	p := s.scratch(c.Args[2])
	if errno := s.get(c, c.Args[1], p); errno != 0 {
		s.answer(c, 0, errno)
		return
	}
	if !c.from.Valid(c.ID) {
		return // what was read may be of another caller
	}
	old := make([]byte, len(p))
	n, _ := f.mem.Read(offset, old)
	if n == 0 && len(p) > 0 {
		s.answer(c, 0, syscall.EIO)
		return
	}
	old, p = old[:n], p[:n]
	l.engine.HideTraps(offset, old)
	l.ownTraps(offset, old)
	if errno := l.overwrite(r, offset, old, p); errno != 0 {
		s.answer(c, 0, syscall.EIO)
		return
	}
	s.answer(c, int64(n), 0)
}

// write carries out what has waited for a thread of the process to come by.
func (l *link) write(r *utrace.Report) {
	t := l.tracer
	t.endWrites(func(w *pendingWrite) bool {
		if w.file.pid != l.tgid {
			return false
		}
		if w.call.from.Valid(w.call.ID) {
			t.s.writeFile(&w.call, w.file, l, r, w.offset)
		}
		return true
	})
}

// writesWait reports whether a write waits for a thread of the link's process.
func (l *link) writesWait() bool {
	return slices.ContainsFunc(l.tracer.writes, func(w pendingWrite) bool { return w.file.pid == l.tgid })
}
