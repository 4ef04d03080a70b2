package daemon

import (
	"cmp"
	"slices"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/vptrace"
)

// list tells who traces what, and who holds a stopped thread.
func list(c *call) (any, error) {
	virtual, err := c.server.List(c.ctx)
	if err != nil {
		return nil, err
	}
	threads := []api.Thread{}
	err = c.core.Do(c.ctx, func() error {
		all, err := c.core.Threads(c.ctx)
		if err != nil {
			return err
		}
		for _, t := range all {
			x := api.Thread{Thread: t.ID(), Process: t.Group(), Mechanism: c.core.Mechanism(), Engines: []api.Engine{}}
			if at, ok := t.Stop(); ok {
				x.Stopped = at.String()
			} else if t.JobStop() != 0 {
				x.Stopped = "group-stop"
			}
			engines, err := c.core.Engines(c.ctx, t.ID())
			if err != nil {
				return err
			}
			for _, e := range engines {
				engine := api.Engine{Name: e.Name(), Holds: e.Holds()}
				switch p := e.Data().(type) {
				case *attachment:
					engine.Client = p.session.peer.pid
				case *guest:
					engine.Client = p.session.peer.pid
				}
				x.Engines = append(x.Engines, engine)
			}
			threads = append(threads, x)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range threads {
		t := &threads[i]
		t.Program, _ = procfs.Exe(t.Process)
		for j := range t.Engines {
			describeVirtual(&t.Engines[j], t.Thread, virtual)
		}
	}
	slices.SortFunc(threads, func(a, b api.Thread) int {
		return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Thread, b.Thread))
	})
	return threads, nil
}

// describeVirtual adds what is known of a virtual tracer.
func describeVirtual(e *api.Engine, thread int, virtual []vptrace.Tracee) {
	for _, v := range virtual {
		if v.Thread == thread && e.Name == v.Engine {
			e.Client, e.State, e.Stop, e.Waited = v.Tracer, v.State, v.Stop, v.Waited
		}
	}
}
