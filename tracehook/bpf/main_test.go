package bpf_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

func TestMain(m *testing.M) { leak.Main(m) }

// sighting is an event with what does not outlive it.
type sighting struct {
	tracehook.Event
	id        int
	now, late tracehook.Memory
}

// watch is an observer whose events are collected.
type watch struct {
	tracehook.Observer
	t      *testing.T
	events chan sighting
	seen   []sighting
}

// newWatch opens an observer. Where that is not possible, it returns nil.
func newWatch(t *testing.T, m *bpf.Monitor) *watch {
	t.Helper()
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test: %v", err)
		return nil
	}
	w := &watch{t: t, events: make(chan sighting, 1<<12)}
	o, err := m.NewObserver(handler(func(e *tracehook.Event) {
		s := sighting{Event: *e, id: e.Subject.ID()}
		if e.Captured != nil {
			s.now = e.Captured.(*bpf.Copied).Clone()
		}
		if e.Late != nil {
			s.late = e.Late.(*bpf.Copied).Clone()
		}
		if e.Info != nil {
			info := *e.Info
			s.Info = &info
		}
		w.events <- s
	}))
	if err != nil {
		t.Fatal(err)
	}
	w.Observer = o
	ended := make(chan struct{})
	go func() { defer close(ended); o.Run() }()
	t.Cleanup(func() { o.Close(); <-ended })
	return w
}

// until collects events up to one of a kind, of one thread.
func (w *watch) until(kind tracehook.Kind, id int) sighting {
	w.t.Helper()
	patience := time.After(scale.Time(20 * time.Second))
	for {
		select {
		case s := <-w.events:
			w.seen = append(w.seen, s)
			if s.Kind == kind && s.id == id {
				return s
			}
		case <-patience:
			w.t.Fatalf("no %v of %d within 20 s; %d other events", kind, id, len(w.seen))
		}
	}
}

// run runs a script from beginning to end and returns what was seen of it.
func (w *watch) run(script string, interest tracehook.Interest, start func(testing.TB, string) *actor.Process) []sighting {
	w.t.Helper()
	p := start(w.t, "barrier a; "+script)
	p.Expect("@a\n")
	if _, err := w.Observe(p.PID, interest); err != nil {
		w.t.Fatal(err)
	}
	p.Release()
	p.Wait()
	w.until(tracehook.Reap, p.PID)
	return w.seen
}

// count is how many of the events are like that.
func count(seen []sighting, like func(sighting) bool) int {
	return len(slices.DeleteFunc(slices.Clone(seen), func(s sighting) bool { return !like(s) }))
}

// compile makes a program of C.
func compile(t *testing.T, source string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file+".c", []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-O1", "-o", file, file+".c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}
