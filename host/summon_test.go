package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// summonOpen is an observer that stops who makes the third failing openat of a
// path with a prefix.
func summonOpen(prefix string, events chan<- tracehook.Event) (tracehook.Observer, error) {
	openat, _ := syscalls.Native()[0].ByName("openat")
	m := &bpf.Monitor{Room: 1 << 16, Calls: func(abi bpf.ABI, nr int) bpf.Call {
		if abi != bpf.Native || nr != openat.Number {
			return bpf.Call{Unwanted: true}
		}
		return bpf.Call{
			Conditions: []bpf.Condition{{Arg: 1, Kind: bpf.HasPrefix, Prefix: prefix}},
			Results:    bpf.Failures,
			StopAt:     3,
		}
	}}
	return m.NewObserver(handler(func(e *tracehook.Event) {
		if e.Chosen {
			events <- *e
		}
	}))
}

type handler func(*tracehook.Event)

func (h handler) Handle(e *tracehook.Event) { h(e) }

// summoned is a shell that tries to open five files which are not there, and says
// how far it came.
func summoned(t *testing.T, core *utrace.Core, script string) (stops chan time.Duration, events chan tracehook.Event, p *launch.Process, log string, engine *utrace.Engine) {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	cmd := shell(fmt.Sprintf(script, dir, log))
	stops, events = make(chan time.Duration, 10), make(chan tracehook.Event, 10)
	observer, err := summonOpen(dir+"/no", events)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { observer.Close() })
	go observer.Run()
	p, err = host.Start(ctx, core, cmd, func(pid int) error {
		engine, err = core.Attach(ctx, pid, &utrace.Funcs{
			Quiesce: func(r *utrace.Report, cause utrace.Events) utrace.Action {
				delay, ok := r.Summoned()
				if cause != 0 || !ok {
					return utrace.Resume
				}
				stops <- delay
				return utrace.Stop
			},
			Signal: func(_ *utrace.Report, s *utrace.Signal) (a utrace.SignalAnswer) {
				if s.Pass() == utrace.Dequeued && (s.Number() == int(syscall.SIGWINCH) || s.Number() == int(syscall.SIGURG)) {
					t.Errorf("signal %d was reported", s.Number())
				}
				return a
			},
		}, utrace.WithEvents(utrace.EventQuiesce|utrace.EventSignalAll), utrace.WithSummoner(observer.(utrace.Summoner)))
		if err != nil {
			return err
		}
		_, err = observer.Observe(pid, tracehook.WantSyscalls)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return stops, events, p, log, engine
}

// A thread stops as its third failing call returns, before it does anything else,
// and notices nothing: neither the handler that it has for the signal runs, nor is
// a group-stop or a sleep disturbed.
func TestSummon(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test: %v", err)
		return
	}
	for name, blocked := range map[string]string{
		"handler": "trap 'echo winch >&2; exit 9' WINCH URG; ",
		"default": "",
		"ignored": "trap '' WINCH; ",
	} {
		t.Run(name, func(t *testing.T) {
			core := hosttest.Open(t)
			stops, events, p, log, engine := summoned(t, core, blocked+`for i in 1 2 3 4 5; do { true < %[1]s/no$i; } 2>/dev/null; echo $i >> %[2]s; done; exit 7`)
			patience := time.After(scale.Time(20 * time.Second))
			select {
			case delay := <-stops:
				if delay <= 0 || delay > 10*time.Second {
					t.Errorf("the delay is %v", delay)
				}
				t.Logf("stopped %v after the call had ended", delay)
			case <-patience:
				t.Fatal("it was not stopped")
			}
			if text, err := os.ReadFile(log); err != nil || string(text) != "1\n2\n" {
				t.Errorf("it has written %q (%v), want what comes before the third", text, err)
			}
			select {
			case e := <-events:
				if e.Kind != tracehook.SyscallExit || !e.Summoned || e.Syscall.Result != -int64(syscall.ENOENT) {
					t.Errorf("the event is %+v", e)
				}
			case <-patience:
				t.Fatal("there is no event")
			}
			if err := engine.Control(context.Background(), utrace.Resume); err != nil {
				t.Fatal(err)
			}
			if status := wait(t, p); status.ExitStatus() != 7 {
				t.Errorf("status %v", status)
			}
			if text, _ := os.ReadFile(log); string(text) != "1\n2\n3\n4\n5\n" {
				t.Errorf("it has written %q in all", text)
			}
			if len(stops) > 0 || len(events) > 0 {
				t.Error("it was stopped again")
			}
		})
	}
}

// TestSummonBlocked: a thread that blocks the first signal is sent the other. One
// that blocks both runs on, and the event says so; so does one that nobody traces,
// whose handlers do not run for it.
func TestSummonBlocked(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test: %v", err)
		return
	}
	getppid, _ := syscalls.Native()[0].ByName("getppid")
	for _, c := range []struct {
		name, script  string
		traced, stops bool
	}{
		{"one", `handle WINCH; block WINCH`, true, true},
		{"both", `handle WINCH; handle URG; block WINCH; block URG`, true, false},
		{"untraced", `handle WINCH; handle URG`, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			core := hosttest.Open(t)
			chosen := make(chan bool, 10)
			m := &bpf.Monitor{Room: 1 << 16, Calls: func(_ bpf.ABI, nr int) bpf.Call {
				return bpf.Call{Unwanted: nr != getppid.Number, StopAt: 3}
			}}
			observer, err := m.NewObserver(handler(func(e *tracehook.Event) {
				if e.Chosen {
					chosen <- e.Summoned
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			defer observer.Close()
			go observer.Run()
			p := actor.Start(t, c.script+`; barrier a; getppid*5; handled WINCH; handled URG; exit 3`)
			p.Expect("@a\n")
			var engine *utrace.Engine
			if c.traced {
				engine, err = core.Attach(ctx, p.PID, &utrace.Funcs{}, utrace.WithSummoner(observer.(utrace.Summoner)))
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := observer.Observe(p.PID, tracehook.WantSyscalls); err != nil {
				t.Fatal(err)
			}
			p.Release()
			select {
			case summoned := <-chosen:
				if summoned != c.stops {
					t.Errorf("summoned: %v", summoned)
				}
			case <-time.After(scale.Time(20 * time.Second)):
				t.Fatal("no call was chosen")
			}
			if c.stops {
				if err := engine.WaitStopped(ctx); err != nil {
					t.Fatal(err)
				}
				if err := engine.Control(ctx, utrace.Resume); err != nil {
					t.Fatal(err)
				}
			}
			if status := p.Wait(); status.ExitStatus() != 3 || p.Output() != "@a\n"+"WINCH: 0\nURG: 0\n" {
				t.Errorf("status %v, output %q", status, p.Output())
			}
		})
	}
}
