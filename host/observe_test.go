package host_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// diary has what was observed, by thread, in words that are the same in every run.
type diary struct {
	mu      sync.Mutex
	names   map[int]string // by id, in the order of births
	entries map[string][]string
	reaped  chan struct{} // the first thread is
}

func (d *diary) Handle(e *tracehook.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := e.Subject.ID()
	if d.names[id] == "" {
		d.names[id] = fmt.Sprint("thread ", len(d.names))
	}
	text := e.Kind.String()
	switch e.Kind {
	case tracehook.SyscallEntry, tracehook.SyscallExit:
		switch e.Syscall.Nr {
		case syscall.SYS_READ, syscall.SYS_FUTEX:
			return // whether there is something to wait for is another race
		}
		text += fmt.Sprint(" ", e.Syscall.Nr)
	case tracehook.Signal:
		text += fmt.Sprint(" ", e.Signal, " ", e.Info != nil)
	case tracehook.Exit, tracehook.Death, tracehook.Reap:
		text += fmt.Sprintf(" %#x", e.Status)
	case tracehook.Clone:
		d.names[e.ChildID] = fmt.Sprint("thread ", len(d.names))
	}
	d.entries[d.names[id]] = append(d.entries[d.names[id]], text)
	if e.Kind == tracehook.Reap && d.names[id] == "thread 0" {
		close(d.reaped)
	}
}

// observed is what a script does, as observed by a mechanism.
func observed(t *testing.T, core *utrace.Core, script string, o utrace.Observing) (*utrace.Observation, *diary) {
	t.Helper()
	p := actor.Start(t, "barrier a; "+script)
	p.Expect("@a\n")
	d := &diary{names: map[int]string{p.PID: "thread 0"}, entries: map[string][]string{}, reaped: make(chan struct{})}
	x, err := core.Observe(context.Background(), p.PID, d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	p.Release()
	select {
	case <-d.reaped:
	case <-time.After(scale.Time(20 * time.Second)):
		t.Fatal("its end was not observed")
	}
	return x, d
}

// Both mechanisms tell the same story, of one process and of a tree.
func TestObserve(t *testing.T) {
	const script = `getppid*3; fork { getppid; exit 2 }; wait; thread { getpid }; join; handle USR1; ignore USR2; kill USR2; kill USR1; exec { getppid; exit 5 }`
	interest := tracehook.WantSyscalls | tracehook.WantClones | tracehook.WantExit
	for _, scope := range []utrace.Scope{utrace.Process, utrace.Tree} {
		core := hosttest.Open(t)
		o := utrace.Observing{Scope: scope, Interest: interest}
		x, got := observed(t, core, script, o)
		o.Mechanism = utrace.WithStops
		y, want := observed(t, core, script, o)
		if y.Mechanism() != "ptrace" || y.Fallback() != nil {
			t.Errorf("stops that were asked for: %s, because %v", y.Mechanism(), y.Fallback())
		}
		switch err := bpf.Probe(); {
		case err == nil && (x.Mechanism() != "ebpf" || x.Fallback() != nil):
			t.Errorf("the core chose %s, because %v", x.Mechanism(), x.Fallback())
		case err != nil && (x.Mechanism() != "ptrace" || x.Fallback() == nil):
			t.Errorf("the core chose %s although %v", x.Mechanism(), err)
		}
		threads := map[utrace.Scope]int{utrace.Process: 2, utrace.Tree: 3}[scope]
		if len(want.entries) != threads {
			t.Errorf("scope %d: %d threads, want %d", scope, len(want.entries), threads)
		}
		for name := range want.entries {
			if !slices.Equal(got.entries[name], want.entries[name]) {
				t.Errorf("scope %d, %s: %s by itself\n%s\nwith stops\n%s", scope, name, x.Mechanism(),
					strings.Join(got.entries[name], ", "), strings.Join(want.entries[name], ", "))
			}
		}
	}
}

// blind is a monitor without the rights that it takes.
type blind struct{}

func (blind) Name() string { return "blind" }
func (blind) NewObserver(tracehook.Handler) (tracehook.Observer, error) {
	return nil, tracehook.ErrNotPermitted
}

// Without rights threads are stopped, and the observation says why; a party that
// insists is refused.
func TestObserveFallback(t *testing.T) {
	core := hosttest.Open(t)
	x, d := observed(t, core, `getppid`, utrace.Observing{Monitor: blind{}})
	if x.Mechanism() != "ptrace" || !errors.Is(x.Fallback(), tracehook.ErrNotPermitted) {
		t.Errorf("%s, because %v", x.Mechanism(), x.Fallback())
	}
	if got := d.entries["thread 0"]; !slices.Equal(got, []string{"death 0x0", "reap 0x0"}) {
		t.Errorf("without interest in more it reports %q", got)
	}
	p := actor.Start(t, `barrier a`)
	p.Expect("@a\n")
	_, err := core.Observe(context.Background(), p.PID, d, utrace.Observing{Monitor: blind{}, Mechanism: utrace.WithoutStops})
	if !errors.Is(err, tracehook.ErrNotPermitted) {
		t.Errorf("without rights and without stops: %v", err)
	}
	for _, o := range []utrace.Observing{{Mechanism: 3}, {Scope: 2}} {
		if _, err := core.Observe(context.Background(), p.PID, d, o); !errors.Is(err, utrace.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := core.Observe(context.Background(), 1<<22+1, d, utrace.Observing{}); !errors.Is(err, utrace.ErrGone) {
		t.Errorf("nobody: %v", err)
	}
}

func ExampleCore_observe() {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	ctx := context.Background()
	ended := make(chan struct{})
	p, err := host.Start(ctx, core, &launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 3"}}, func(pid int) error {
		_, err := core.Observe(ctx, pid, handler(func(e *tracehook.Event) {
			if e.Kind == tracehook.Death {
				fmt.Println("the shell ended with", e.Status>>8)
				close(ended)
			}
		}), utrace.Observing{})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Wait(ctx)
	<-ended
	// Output: the shell ended with 3
}
