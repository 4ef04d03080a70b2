package vptrace

import (
	"cmp"
	"context"
	"slices"
)

// Tracee is one thread as one virtual tracer has it.
type Tracee struct {
	Tracer  int    `json:"tracer"` // process id
	Engine  string `json:"engine"` // the name of the engine
	Thread  int    `json:"thread"`
	Process int    `json:"process"`
	State   string `json:"state"` // "running", "stopped" or "listening"
	// Stop is the wait status of a stop, without its low byte.
	Stop int `json:"stop,omitempty"`
	// Waited: the tracer knows of the stop.
	Waited bool `json:"waited,omitempty"`
	// Held is the event in which the thread itself is stopped, whoever holds
	// it; Holds: this tracer does.
	Held  string `json:"held,omitempty"`
	Holds bool   `json:"holds,omitempty"`
}

var stateNames = [...]string{runs: "running", stopped: "stopped", listens: "listening", gone: "gone"}

// List lists all pairs of tracers and threads, by thread.
func (s *Server) List(ctx context.Context) (list []Tracee, err error) {
	list = []Tracee{}
	err = s.core.Do(ctx, func() error {
		for _, t := range s.tracers {
			for _, l := range t.links {
				v := Tracee{Tracer: t.tgid, Engine: l.engine.Name(), Thread: l.tid, Process: l.tgid, State: stateNames[l.state]}
				if l.state == stopped {
					v.Stop, v.Waited = l.stop.code, l.stop.waited
				}
				if at, ok := l.engine.Thread().Stop(); ok {
					v.Held, v.Holds = at.String(), l.engine.Holds()
				}
				list = append(list, v)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Tracee) int {
		return cmp.Or(cmp.Compare(a.Thread, b.Thread), cmp.Compare(a.Tracer, b.Tracer))
	})
	return list, err
}
