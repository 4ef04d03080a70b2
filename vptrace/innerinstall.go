package vptrace

import (
	"math/rand/v2"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/internal/procfs"
)

const (
	enosys = syscall.ENOSYS
	enoent = syscall.ENOENT

	filterSync        = 1
	filterSyncError   = 16
	filterNewListener = 8
	filterKillable    = 32
	filterFlags       = 63 // all that there are
	maxFilterInsns    = 4096
)

// newListener serves seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER. What the
// kernel would refuse is left to it.
func (s *Server) newListener(c *call) {
	tid := int(c.TID)
	program, ok := s.readFilter(c)
	confused := c.Args[1]&(filterSync|filterSyncError) == filterSync // what to return
	unknown := c.Args[1]&^filterFlags != 0
	// One of ours is a nested one, which has to hear that it is (EBUSY).
	if !ok || confused || unknown || notify.Ours(program) || s.guards[tid] != nil {
		s.pass(c)
		return
	}
	double, theirs, err := notify.NewDouble()
	if err != nil {
		s.answer(c, 0, errnoOf(err, syscall.ENOMEM))
		return
	}
	defer syscall.Close(theirs)
	fd, err := c.from.AddFD(c.ID, theirs, 0, 0, syscall.O_CLOEXEC)
	if err != nil {
		double.Close()
		s.answer(c, 0, errnoOf(err, syscall.EMFILE))
		return
	}
	in := &inner{s: s, double: double, guards: map[int]*guard{}, id: rand.Uint64(), killable: c.Args[1]&filterKillable != 0}
	original := s.ledger.In().Call
	install := &filterCall{s: s, call: original, word: c.word(), program: notify.Traced(program, innerMessage)}
	tgid, flags, installed := c.tgid, c.Args[1]&^(filterNewListener|filterKillable), int64(0)
	s.substitute(original, func(r *utrace.Report, turn int, result int64) (substitute, bool) {
		switch turn {
		case 0:
			return install.make(r, flags)
		case 1:
			install.end(r)
			if result == 0 && in.begin(r, tid, tgid, flags&filterSync != 0) == nil {
				return substitute{value: int64(fd)}, false
			}
			double.Close()
			installed = result
			nr, _ := numberOf("close", original.Arch)
			return substitute{number: nr, args: [6]uint64{uint64(fd)}}, true
		}
		return substitute{value: installed}, false
	})
}

// begin guards the threads that have the filter now.
func (in *inner) begin(r *utrace.Report, tid, tgid int, all bool) error {
	if err := in.s.core.Loop().Watch(in.double.Gone(), in.abandoned); err != nil {
		return err
	}
	in.s.inners[in.double.Inode] = in
	threads := []int{tid}
	if all {
		threads, _ = procfs.Threads(tgid)
	}
	for _, id := range threads {
		if err := in.guard(r, id); err != nil && id == tid {
			in.close()
			return err
		}
	}
	return nil
}

// readFilter reads a program from the caller's memory (struct sock_fprog).
func (s *Server) readFilter(c *call) (program []byte, ok bool) {
	var header [16]byte
	h := header[:2*c.word()]
	if s.get(c, c.Args[2], h) != 0 {
		return nil, false
	}
	n := int(c.decode(h[:c.word()]) & 0xffff)
	if n == 0 || n > maxFilterInsns {
		return nil, false
	}
	program = make([]byte, n*filterInsnSize)
	return program, s.get(c, c.decode(h[c.word():]), program) == 0 && c.from.Valid(c.ID)
}
