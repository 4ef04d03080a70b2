package utrace_test

import (
	"testing"

	"github.com/utrace/utrace"
)

const lifetime = utrace.EventExit | utrace.EventDeath | utrace.EventReap

// OR1: attach order for all events but system call entries, which go the other
// way round.
func TestOR1_Order(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; exit 0")
	for _, name := range []string{"A", "B", "C"} {
		w.attach(pid, name, utrace.EventSyscall|utrace.EventExit, w.recorder(name))
	}
	w.run()
	w.expect("C entry 110", "B entry 110", "A entry 110",
		"A return 110", "B return 110", "C return 110",
		"C entry 231", "B entry 231", "A entry 231",
		"A exit exited with 0", "B exit exited with 0", "C exit exited with 0")
}

// OR1: layers override the order of attachment.
func TestOR1_Layers(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	for name, layer := range map[string]int{"low": -1, "high": 1, "mid": 0} {
		_, err := w.core.Attach(w.ctx, pid, w.recorder(name),
			utrace.WithLayer(layer), utrace.WithEvents(utrace.EventExit|utrace.EventSyscallEntry))
		if err != nil {
			t.Fatal(err)
		}
	}
	w.run()
	w.expect("high entry 231", "mid entry 231", "low entry 231",
		"low exit exited with 0", "mid exit exited with 0", "high exit exited with 0")
}

// OR1, OR2: the quiesce callbacks are interleaved, each before the specific
// callback of the same engine.
func TestOR2_QuiesceInterleaved(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; exit 0")
	for _, name := range []string{"A", "B"} {
		w.attach(pid, name, utrace.EventQuiesce|utrace.EventSyscallEntry, w.recorder(name))
	}
	w.run()
	w.expect("B quiesce(syscall-entry)", "B entry 110", "A quiesce(syscall-entry)", "A entry 110",
		"A quiesce(syscall-exit)", "B quiesce(syscall-exit)",
		"B quiesce(syscall-entry)", "B entry 231", "A quiesce(syscall-entry)", "A entry 231",
		"A quiesce(death)", "B quiesce(death)")
}

// OR3: an engine with Quiesce only hears of the events that others want.
func TestOR3_QuiesceOnly(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	w.attach(pid, "A", utrace.EventExit, w.recorder("A"))
	w.attach(pid, "B", utrace.EventQuiesce, w.recorder("B"))
	w.run()
	w.expect("A exit exited with 0", "B quiesce(exit)", "B quiesce(death)")
}

// OR4: a mask that changes in the quiesce callback counts for this very event.
func TestOR4_SetEventsInQuiesce(t *testing.T) {
	for _, add := range []bool{true, false} {
		w := newWorld(t, 1)
		pid := w.spawn("exit 0")
		w.attach(pid, "A", utrace.EventExit, w.recorder("A"))
		h := w.recorder("B")
		h.Quiesce = func(r *utrace.Report, cause utrace.Events) utrace.Action {
			mask := utrace.EventQuiesce
			if add {
				mask |= utrace.EventExit
			}
			if err := r.Engine().SetEvents(mask); err != nil && cause == utrace.EventExit {
				t.Errorf("SetEvents: %v", err)
			}
			return utrace.Resume
		}
		start := utrace.EventQuiesce
		if !add {
			start |= utrace.EventExit
		}
		w.attach(pid, "B", start, h)
		w.run()
		if add {
			w.expect("A exit exited with 0", "B exit exited with 0")
		} else {
			w.expect("A exit exited with 0")
		}
	}
}

// OR5: no specific callback after a quiesce callback that detached.
func TestOR5_DetachInQuiesce(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	h := w.recorder("A")
	h.Quiesce = func(*utrace.Report, utrace.Events) utrace.Action { return utrace.Detach }
	w.attach(pid, "A", utrace.EventQuiesce|lifetime, h)
	w.attach(pid, "B", utrace.EventExit, w.recorder("B"))
	w.run()
	w.expect("B exit exited with 0")
}

// OR6: an engine that is attached in a pass takes part from the next one on,
// behind the others.
func TestOR6_AttachInPass(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid*2")
	h := w.recorder("A")
	done := false
	h.SyscallExit = func(r *utrace.Report, s *utrace.Syscall) utrace.Action {
		w.logf("A return %d", s.Number())
		if !done {
			done = true
			if _, err := r.Attach(pid, w.recorder("C"), utrace.WithEvents(utrace.EventSyscallExit)); err != nil {
				t.Error(err)
			}
		}
		return utrace.Resume
	}
	w.attach(pid, "A", utrace.EventSyscallExit, h)
	w.attach(pid, "B", utrace.EventSyscallExit, w.recorder("B"))
	w.run()
	w.expect("A return 110", "B return 110", "A return 110", "B return 110", "C return 110")
}

// OR7: each engine is told the strictest answer of those before it.
func TestOR7_Pending(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("getppid; exit 0")
	var engines []*utrace.Engine
	for _, name := range []string{"A", "B", "C"} {
		h := &utrace.Funcs{
			SyscallEntry: func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
				w.logf("%s entry %v", name, r.Pending())
				return utrace.SyscallAnswer{}
			},
			SyscallExit: func(r *utrace.Report, s *utrace.Syscall) utrace.Action {
				w.logf("%s return %v", name, r.Pending())
				if name == "A" {
					return utrace.Stop
				}
				return utrace.ReportSoon
			},
		}
		engines = append(engines, w.attach(pid, name, utrace.EventSyscall, h))
	}
	w.run()
	w.expect("C entry resume", "B entry resume", "A entry resume",
		"A return resume", "B return stop", "C return stop")
	for _, e := range engines {
		e.Detach()
	}
	w.run()
}

// OR8: an engine that another one detaches is not called any more.
func TestOR8_DetachAnother(t *testing.T) {
	w := newWorld(t, 1)
	pid := w.spawn("exit 0")
	h := w.recorder("A")
	var b *utrace.Engine
	h.Exit = func(*utrace.Report, utrace.Status) utrace.Action {
		w.logf("A exit")
		if err := b.Detach(); err != nil {
			t.Errorf("Detach: %v", err)
		}
		return utrace.Resume
	}
	w.attach(pid, "A", utrace.EventExit, h)
	b = w.attach(pid, "B", lifetime, w.recorder("B"))
	w.run()
	w.expect("A exit")
}
