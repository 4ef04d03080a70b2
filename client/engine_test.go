package client_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/regset"
)

// meddler is an engine that writes down what it is told, and changes a bit of
// everything. It does not know where its core is.
type meddler struct {
	t *testing.T

	mu    sync.Mutex
	names map[int]string // of threads, in the order in which they are heard of
	lines map[string][]string
	asked int // calls of getppid so far
	over  chan struct{}
}

func newMeddler(t *testing.T) *meddler {
	return &meddler{t: t, names: map[int]string{}, lines: map[string][]string{}, over: make(chan struct{})}
}

// note writes a line down, under the thread's name.
func (m *meddler) note(r *utrace.Report, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := m.name(r.Thread().ID())
	m.lines[name] = append(m.lines[name], fmt.Sprintf(format, args...))
}

func (m *meddler) name(thread int) string {
	if m.names[thread] == "" {
		m.names[thread] = fmt.Sprint("thread ", len(m.names))
	}
	return m.names[thread]
}

// must fails the test for an error.
func (m *meddler) must(err error) {
	if err != nil {
		m.t.Error(err)
	}
}

// ReportSyscallEntry has the second getppid not made, a breakpoint planted behind
// the third, and print "ab" where the program prints "abc".
func (m *meddler) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	switch s.Number() {
	case actor.Number("getppid"):
		m.asked++
		m.note(r, "getppid %d", m.asked)
		switch m.asked {
		case 2:
			s.SetResult(77)
			return utrace.SyscallAnswer{Call: utrace.AbortCall}
		case 3:
			m.must(r.Engine().PlantTrap(context.Background(), s.PC()))
		}
	case actor.Number("write"):
		text := make([]byte, s.Arg(2))
		_, err := r.ReadMemory(s.Arg(1), text)
		m.must(err)
		m.note(r, "write %q", text)
		if string(text) == "abc" {
			m.must(r.ABI().View().WriteUint(r.Registers(), argument2(r.ABI()), 2))
		}
	}
	return utrace.SyscallAnswer{}
}

// argument2 is the register of a call's third argument.
func argument2(abi regset.ABI) string {
	return map[string]string{"x86_64": "rdx", "i386": "edx", "aarch64": "x2"}[abi.Name()]
}

func (m *meddler) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	if s.Number() == actor.Number("getppid") {
		if m.asked == 1 {
			s.SetResult(-int64(syscall.ESRCH))
		}
		m.note(r, "returns %v", s.Result() == 77)
	}
	return utrace.Resume
}

// ReportTrap takes the breakpoint away, makes a step, and has a debug register watch
// for the next instruction.
func (m *meddler) ReportTrap(r *utrace.Report, x *utrace.Trap) utrace.Action {
	gpr := make([]byte, r.ABI().GeneralSize())
	_, err := r.ReadRegset(1, gpr)
	m.must(err)
	m.note(r, "trap %v, own %v, at home %v", x.Kind, x.Own, r.ABI().PC(gpr) == x.Addr || x.Kind == utrace.TrapHardware)
	ctx, pc := context.Background(), r.ABI().PC(gpr)
	next := utrace.Watch{Kind: utrace.WatchExecute, Addr: pc, Len: 1}
	switch x.Kind {
	case utrace.TrapBreakpoint:
		m.must(r.Engine().RemoveTrap(ctx, pc))
		return utrace.SingleStep
	case utrace.TrapStep:
		m.must(r.Engine().PlantWatch(ctx, next))
	case utrace.TrapHardware:
		m.note(r, "matched %v", x.Matched(next))
		m.must(r.Engine().RemoveWatch(ctx, next))
	}
	return utrace.Resume
}

const sigrtmin = 32 // the kernel's

// ReportSignal drops USR2, and changes what comes with RTMIN.
func (m *meddler) ReportSignal(r *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	if s.Pass() != utrace.Dequeued {
		return utrace.SignalAnswer{}
	}
	info, err := s.Info()
	m.must(err)
	m.note(r, "signal %d, code %d, %v", s.Number(), info.Code(), s.Class())
	switch s.Number() {
	case int(syscall.SIGUSR2):
		return utrace.SignalAnswer{Do: utrace.Ignore}
	case sigrtmin:
		info.SetValue(info.Value() + 1)
		m.must(s.SetInfo(info))
	}
	return utrace.SignalAnswer{}
}

func (m *meddler) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	m.mu.Lock()
	child := m.name(c.ID)
	m.mu.Unlock()
	m.note(r, "makes %s, a process: %v", child, c.NewProcess())
	return utrace.Resume
}

func (m *meddler) ReportExec(r *utrace.Report, former int) utrace.Action {
	m.note(r, "executes")
	return utrace.Resume
}

func (m *meddler) ReportJobControl(r *utrace.Report, j utrace.JobControl) utrace.Action {
	m.note(r, "%v", j)
	return utrace.Resume
}

func (m *meddler) ReportExit(r *utrace.Report, status utrace.Status) utrace.Action {
	m.note(r, "exits with %v", status)
	return utrace.Resume
}

func (m *meddler) ReportReap(r *utrace.Report, status utrace.Status) {
	m.note(r, "ended with %v", status)
}

// story is all that was written down.
func (m *meddler) story() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, lines := range m.lines {
		for _, line := range lines {
			all = append(all, name+": "+line)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(a[:9], b[:9]) })
	return all
}

// One engine, in a core of this process and in one whose threads the owner traces:
// it is told the same, and the program does the same.
func TestSameEngine(t *testing.T) {
	const script = `handle RTMIN print; getppid; result a; getppid; result b; getppid; print "abc"; kill USR2
		sigqueue RTMIN 5; thread { getpid }; join; fork { getppid; exit 2 }; wait print; segv; vfork { exit 3 }; wait; exec { print "end"; exit 4 }`
	run := func(core *utrace.Core, err error) (story []string, output string) {
		if err != nil {
			t.Fatal(err)
		}
		defer core.Close()
		p := actor.Start(t, "handle SEGV; barrier a; "+script)
		p.Expect("@a\n")
		m := newMeddler(t)
		group, err := core.AttachGroup(context.Background(), p.PID, utrace.Tree, func(*utrace.Thread) any { return m },
			utrace.WithName("meddler"), utrace.WithEvents(utrace.EventSyscall|utrace.EventTrap|utrace.EventSignalAll|
				utrace.EventClone|utrace.EventExec|utrace.EventJobControl|utrace.EventExit|utrace.EventReap))
		if err != nil {
			t.Fatal(err)
		}
		p.Release()
		status := p.Wait()
		<-group.Done()
		return m.story(), fmt.Sprintf("%s, status %#x", p.Output(), status)
	}
	want, wantOutput := run(host.Open(utrace.Options{}))
	got, output := run(client.Open(client.Kernel{Path: socket}, utrace.Options{}))
	if !slices.Equal(got, want) {
		t.Errorf("over the socket:\n%s\nin this process:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if output != wantOutput {
		t.Errorf("over the socket the program printed:\n%s\nand in this process:\n%s", output, wantOutput)
	}
	for _, text := range []string{"a: ESRCH", "b: 77", "@a\na", "ab", "RTMIN 6"} {
		if !strings.Contains(wantOutput, text) {
			t.Errorf("%q is not in the output:\n%s", text, wantOutput)
		}
	}
	for _, text := range []string{"trap breakpoint, own true, at home true", "trap step", "trap hardware", "makes thread 2, a process: true"} {
		if !strings.Contains(strings.Join(want, "\n"), text) {
			t.Errorf("%q is not in the story:\n%s", text, strings.Join(want, "\n"))
		}
	}
}
