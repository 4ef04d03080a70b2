package vptrace

import (
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// What is known of those that have called goes by their ids, which the kernel gives to
// others when they have ended. Nobody tells of the end of those that are no tracers, so
// each time that one calls it is looked whether it is who it was.

// process is the process of a thread that has called; 0 if it has gone.
func (s *Server) process(tid int) int {
	if tgid, ok := s.callers[tid]; ok {
		// The first thread of a tracer is known to be there by its pidfd; the
		// id of another one may have been used again.
		if tid == tgid && s.tracers[tid] != nil || syscall.Tgkill(tgid, tid, 0) == nil && s.same(tgid) {
			return tgid
		}
		delete(s.callers, tid)
	}
	status, err := procfs.ReadStatus(tid)
	if err != nil {
		return 0
	}
	if len(s.callers) >= s.crowd {
		s.forgetDead()
	}
	s.same(status.Group)
	s.callers[tid] = status.Group
	s.ids.note(&status)
	if t := s.tracers[status.Group]; t != nil {
		t.mine = append(t.mine, tid)
	}
	return status.Group
}

// same reports whether a process is the one that is known by its id. What is known of
// another one is forgotten.
func (s *Server) same(tgid int) bool {
	if s.tracers[tgid] != nil {
		return true
	}
	stat, err := procfs.ReadStat(tgid)
	if err != nil {
		return false
	}
	if start, known := s.started[tgid]; known && start == stat.Start {
		return true
	}
	s.forgetProcess(tgid)
	s.started[tgid] = stat.Start
	return false
}

// forgetProcess forgets a process that has ended.
func (s *Server) forgetProcess(tgid int) {
	delete(s.started, tgid)
	delete(s.ids.of, tgid)
	delete(s.dispositions, tgid)
	delete(s.lost, tgid)
	s.domains.forget(tgid)
}

// smallCrowd callers are remembered whether they live or not.
const smallCrowd = 4096

// forgetDead forgets callers that have ended, whenever there are twice as many as last
// time.
func (s *Server) forgetDead() {
	for tid, tgid := range s.callers {
		if syscall.Tgkill(tgid, tid, 0) != nil {
			delete(s.callers, tid)
			s.domains.forget(tid)
			delete(s.native, tid)
			delete(s.lost, tid)
		}
	}
	for tgid := range s.started {
		if syscall.Kill(tgid, 0) == syscall.ESRCH {
			s.forgetProcess(tgid)
		}
	}
	s.crowd = max(smallCrowd, 2*len(s.callers))
}
