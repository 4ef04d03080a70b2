package scenarios_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/actor"
)

// parity is an engine that follows a tree and checks that entries and exits
// alternate on each thread.
type parity struct {
	r      *rig
	inside map[int]uint64
	lone   int // exits without an entry
}

func (p *parity) handler() *utrace.Funcs {
	return &utrace.Funcs{
		SyscallEntry: func(x *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			id := x.Thread().ID()
			if nr, in := p.inside[id]; in && !s.Restarted() {
				p.r.Errorf("thread %d enters call %d inside of call %d", id, s.Number(), nr)
			}
			p.inside[id] = s.Number()
			p.r.log.Printf("entry %d", s.Number())
			return utrace.SyscallAnswer{}
		},
		SyscallExit: func(x *utrace.Report, s *utrace.Syscall) utrace.Action {
			id := x.Thread().ID()
			_, in := p.inside[id]
			if in != s.Paired() {
				p.r.Errorf("thread %d leaves call %d: entered %v, paired %v", id, int64(s.Number()), in, s.Paired())
			}
			if !in {
				p.lone++
			}
			delete(p.inside, id)
			p.r.log.Printf("exit %d", int64(s.Number()))
			return utrace.Resume
		},
		Exec: func(x *utrace.Report, former int) utrace.Action {
			p.inside[x.Thread().ID()] = p.inside[former]
			return utrace.Resume
		},
		Death: func(x *utrace.Report, d *utrace.Death) utrace.Action {
			nr, in := p.inside[x.Thread().ID()]
			ends := slices.ContainsFunc(actor.Sizes(), func(s actor.Size) bool { return nr == s.Number("exit") || nr == s.Number("exit_group") })
			if _, exited := d.Status.Exited(); exited && d.GroupDead && in && !ends {
				p.r.Errorf("thread %d ended in call %d", x.Thread().ID(), nr)
			}
			delete(p.inside, x.Thread().ID())
			return utrace.Resume
		},
	}
}

// exits is how many calls of a number have returned.
func (p *parity) exits(nr int) (n int) {
	for _, line := range p.r.log.Lines() {
		if line == fmt.Sprint("exit ", nr) {
			n++
		}
	}
	return n
}

// TestSY10_SY11_SY12_Parity follows programs through all that can confuse entries and exits.
// exit has no exit; an exec that fails has one; a newborn begins outside.
func TestSY10_SY11_SY12_Parity(t *testing.T) {
	for name, script := range map[string]string{
		"fork":    "fork { getpid }; wait; getppid",
		"vfork":   "vfork { getpid }; wait; getppid",
		"clone3":  "clone3 { getpid }; wait; getppid",
		"thread":  "thread { gettid; exitthread 0 }; join; getppid",
		"exec":    "exec { getppid }",
		"exec32":  "exec32 { exec64 { getppid } }",
		"signals": "handle USR1; tkill USR1; handle ALRM restart; tkill ALRM; getppid",
		"exit":    "thread { exitthread 1 }; join; exit 2",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			p := r.start(script)
			check := &parity{r: r, inside: map[int]uint64{}}
			g := r.attachGroup(p.PID, utrace.Tree, utrace.EventSyscall|utrace.EventExec|utrace.EventDeath, check.handler())
			p.Release()
			p.Wait()
			<-g.Done()
			if check.lone != 0 {
				t.Errorf("%d exits without an entry", check.lone)
			}
			if name != "exec32" && (check.exits(syscall.SYS_EXIT) != 0 || check.exits(syscall.SYS_EXIT_GROUP) != 0) {
				t.Error("exit of a call that does not return")
			}
		})
	}
}

// TestSY10_OddEntries makes calls in ways that a tracer can get wrong: through
// int 0x80 in a 64-bit program, the vsyscall page, a seccomp filter that fails
// and one that traps, an exec that fails, sigreturn.
func TestSY10_OddEntries(t *testing.T) {
	r := newRig(t)
	path := compile(t, "oddentries")
	p, pid := startApart(t, path)
	p.expect("ready")
	check := &parity{r: r, inside: map[int]uint64{}}
	g := r.attachGroup(pid, utrace.Tree, utrace.EventSyscall|utrace.EventExec|utrace.EventDeath, check.handler())
	p.stdin.Close()
	p.expect("status 0")
	<-g.Done()
	if !strings.Contains(p.output(), "1 1 1 1 2\n") {
		t.Errorf("output %q", p.output())
	}
	if runtime.GOARCH == "amd64" && (r.log.Count("entry 20") != 1 || r.log.Count("exit 20") != 1) {
		t.Error("the call through int 0x80")
	}
	if check.exits(syscall.SYS_EXECVE) != 1 {
		t.Error("the exec that failed")
	}
}

// TestSY8_Restart interrupts calls that are restarted: each exit shows the raw
// restart value, and the entry behind it is marked.
func TestSY8_Restart(t *testing.T) {
	for name, raw := range map[string]int64{"read_pipe": -512, "pause": -514, "nanosleep": -516} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			p := r.start("await " + name)
			p.Release()
			untilIn(t, p.PID, "read", "pause", "nanosleep")
			e := r.attach(p.PID, utrace.EventSyscall|utrace.EventQuiesce, &utrace.Funcs{
				SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
					r.log.Printf("entry restarted %v", s.Restarted())
					return utrace.SyscallAnswer{}
				},
				SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
					r.log.Printf("exit %d", s.Result())
					return utrace.Resume
				},
			})
			r.await(1, "entry restarted true")
			r.control(e, utrace.Interrupt)
			r.await(2, "entry restarted true")
			r.await(1, fmt.Sprintf("exit %d", raw))
			r.expect("entry restarted false")
		})
	}
}

// TestSY9_MidCall becomes interested in the middle of a call, and loses interest in
// the middle of another: an exit is called paired only if the last entry that
// was reported is that of the call.
func TestSY9_MidCall(t *testing.T) {
	r := newRig(t)
	p := r.start("handle USR1; repeat 1000000000 { pause }")
	p.Release()
	var last uint64
	exits := 0
	e := r.attach(p.PID, 0, &utrace.Funcs{
		SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			last = s.Number()
			return utrace.SyscallAnswer{}
		},
		SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
			exits++
			if s.Paired() && s.Number() != last {
				t.Errorf("exit of call %d behind the entry of %d", s.Number(), last)
			}
			if errno := s.Result(); s.Paired() && slices.Contains(actor.Numbers("pause"), int64(last)) && errno != -514 {
				t.Errorf("pause returns %d", errno)
			}
			last = ^uint64(0)
			return utrace.Resume
		},
	})
	untilIn(t, p.PID, "pause") // without its handler the signal would kill it
	for range 100 {
		e.SetEvents(utrace.EventSyscall)
		syscall.Kill(p.PID, syscall.SIGUSR1)
		untilIn(t, p.PID, "pause")
		e.SetEvents(0)
	}
	e.Barrier(r.ctx)
	if exits == 0 {
		t.Error("no exits")
	}
}
