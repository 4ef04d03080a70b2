package vptrace

import (
	"bytes"
	"strconv"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// /proc/PID/status says who traces a thread. That is always us; programs look
// for their debugger there. So a status file that is opened with no flags but
// O_RDONLY, as fopen(3) does, is a copy which names the virtual tracer.

// openStatus serves such an open. It reports false if it is of something else.
func (s *Server) openStatus(c *call, path [][]byte) bool {
	tid, ok := s.fileOf(c, path, "status")
	if !ok {
		return false
	}
	text, err := s.readFile(c, tid, path)
	if err != nil {
		return false // the kernel says why
	}
	tracer := 0
	if t := s.tracerOf(c.tgid, tid); t != nil {
		tracer = s.ids.out(c.tgid, t.tgid)
	}
	before, rest, ok := bytes.Cut(text, []byte("TracerPid:\t"))
	_, after, _ := bytes.Cut(rest, []byte{'\n'})
	if !ok {
		return false
	}
	text = bytes.Join([][]byte{before, []byte("TracerPid:\t"), strconv.AppendInt(nil, int64(tracer), 10), []byte{'\n'}, after}, nil)
	return s.giveCopy(c, text)
}

// fileOf is the thread one of whose files a path names.
func (s *Server) fileOf(c *call, part [][]byte, file string) (tid int, ok bool) {
	n := len(part)
	if n != 4 && (n != 6 || string(part[3]) != "task") || len(part[0]) != 0 ||
		string(part[1]) != "proc" || string(part[n-1]) != file {
		return 0, false
	}
	switch who := string(part[n-2]); {
	case n == 4 && who == "self":
		return c.tgid, true
	case n == 4 && who == "thread-self":
		return int(c.TID), true
	default:
		tid, err := strconv.Atoi(who)
		tid = s.ids.ours(c.tgid, tid)
		return tid, err == nil && tid > 0
	}
}

// readFile reads a thread's file. In another PID namespace it is read where
// the caller sees it, for the ids in it; in another user namespace the kernel writes
// other user ids, and has to do it itself.
func (s *Server) readFile(c *call, tid int, path [][]byte) ([]byte, error) {
	if s.ids.of[c.tgid] == nil {
		return procfs.ReadFile(tid, string(path[len(path)-1]))
	}
	own, err := procfs.UserNamespace(syscall.Getpid())
	if err != nil {
		return nil, err
	}
	if theirs, err := procfs.UserNamespace(c.tgid); err != nil || theirs != own {
		return nil, syscall.EXDEV
	}
	name := strconv.Itoa(s.ids.out(c.tgid, tid)) + "/" + string(path[len(path)-1]) // for "self", too
	if len(path) == 6 {
		name = string(bytes.Join(path[2:], []byte{'/'}))
	}
	return procfs.ReadSeen(c.tgid, name)
}

// tracerOf is the tracer of a thread that shows to a process: itself, or the one that
// attached last. Who follows all forks has been there before it.
func (s *Server) tracerOf(reader, tid int) (found *tracer) {
	if t := s.tracers[reader]; t != nil && t.links[tid] != nil {
		return t
	}
	last := uint64(0)
	for _, t := range s.tracers {
		if l := t.links[tid]; l != nil && l.since > last {
			found, last = t, l.since
		}
	}
	return found
}

// openStat serves the opening of a thread's stat file, where its state shows: that
// in a call that must not be disturbed is D when a signal has tried to. It reports
// false if it is of something else.
func (s *Server) openStat(c *call, path [][]byte) bool {
	if len(s.inners) == 0 {
		return false
	}
	tid, ok := s.fileOf(c, path, "stat")
	if !ok {
		return false
	}
	g := s.guards[tid]
	if g == nil || !g.shield.up {
		return false
	}
	text, err := s.readFile(c, tid, path)
	if err != nil {
		return false
	}
	// The name before it can have any characters.
	at := bytes.LastIndexByte(text, ')') + 2
	if at < 2 || at >= len(text) {
		return false
	}
	text[at] = 'D'
	return s.giveCopy(c, text)
}

// giveCopy ends the opening of a file with a copy of its text.
func (s *Server) giveCopy(c *call, text []byte) bool {
	fd, err := procfs.Copy(text)
	if err != nil || !c.from.Valid(c.ID) {
		return false
	}
	defer syscall.Close(fd)
	return c.from.ReturnFD(c.ID, fd) == nil
}
