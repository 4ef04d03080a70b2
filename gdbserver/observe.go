package gdbserver

import (
	"slices"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// An observer has no engines that stay. What it asks for is read by one that
// comes and goes, and stops one thread for a moment, if none stands anyway.

// observedProcesses are those that anybody debugs here, in order.
func (s *session) observedProcesses() (pids []int) {
	all := []*session{s.server.own}
	for c := range s.server.clients {
		all = append(all, c)
	}
	for _, c := range all {
		for _, p := range c.order {
			if !slices.Contains(pids, p.pid) {
				pids = append(pids, p.pid)
			}
		}
	}
	slices.Sort(pids)
	return pids
}

// observedThreads lists the threads of these.
func (s *session) observedThreads() (list []*thread) {
	for _, pid := range s.observedProcesses() {
		p := s.processes[pid]
		if p == nil {
			p = &process{s: s, pid: pid, attached: true}
			s.processes[pid] = p
		}
		for _, tid := range threadsOf(pid) {
			list = append(list, &thread{p: p, id: tid})
		}
	}
	return list
}

// observed finds the thread that a name means.
func (s *session) observed(name rsp.Thread) *thread {
	if g := s.general; g != nil && name.Covers(g.p.pid, g.id) && exists(g.id) {
		return g
	}
	for _, t := range s.observedThreads() {
		if name.Covers(t.p.pid, t.id) {
			return t
		}
	}
	return nil
}

// observerStatus replies to '?': for a client that knows stopped programs only,
// everything stands.
func (s *session) observerStatus(dst []byte) ([]byte, error) {
	t := s.observed(rsp.Thread{})
	if t == nil {
		return none(dst), nil
	}
	s.general = t
	stop := rsp.Stop{Reason: rsp.Signalled, Thread: t.name(), Core: -1}
	return stop.AppendTo(dst, s.multi), nil
}
