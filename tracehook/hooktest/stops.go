package hooktest

import (
	"errors"
	"sync"
	"syscall"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

func stoppedUntilAnswered(t *testing.T, w World) {
	r := newRig(t, w, tracehook.SyscallEntry)
	p := w.Spawn(t, `barrier a; print "x"`)
	p.Expect("@a\n")
	p.AwaitSleep(p.PID())
	k := r.attach(p.PID(), tracehook.WantSyscalls)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	if e := r.wait(tracehook.SyscallEntry); !e.Restarted {
		t.Error("the call that was under way is not marked as restarted")
	}
	p.Release()
	r.resume(k, tracehook.Run, 0)
	e := r.wait(tracehook.SyscallEntry)
	if e.Syscall.Nr != w.Number("write") || e.Syscall.Args[0] != 1 || e.Syscall.Args[2] != 1 || e.Restarted {
		t.Errorf("call %+v, want write(1, ..., 1)", e.Syscall)
	}
	r.settle()
	if p.Output() != "@a\n" {
		t.Errorf("output %q: the call was made before Resume", p.Output())
	}
	r.resume(k, tracehook.Run, 0)
	r.wait(tracehook.SyscallExit)
	p.Expect("x")
	r.wait(tracehook.SyscallEntry) // of exit_group
	r.hold()
	r.resume(k, tracehook.Run, 0)
	p.Wait()
}

func eventsInOrder(t *testing.T, w World) {
	r := newRig(t, w)
	p := w.Spawn(t, `barrier a; getppid*20; handle USR1; repeat 5 { kill USR1 }; exit 1`)
	k := r.attach(p.PID(), everything)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	p.Release()
	p.Wait()
	r.wait(tracehook.Reap)
	in, getppids := false, 0
	for _, e := range r.events(k) {
		switch e.Kind {
		case tracehook.SyscallEntry:
			if in {
				t.Fatalf("%v inside of a call", e)
			}
			in = true
			if e.Syscall.Nr == w.Number("getppid") {
				getppids++
			}
		case tracehook.SyscallExit:
			if !in || !e.Syscall.Paired {
				t.Fatalf("%v without an entry (paired: %v)", e, e.Syscall.Paired)
			}
			in = false
		}
	}
	if getppids != 20 {
		t.Errorf("%d calls of getppid, want 20", getppids)
	}
	kinds := ""
	for _, e := range r.events(k)[len(r.events(k))-3:] {
		kinds += e.Kind.String() + " "
	}
	if kinds != "exit death reap " {
		t.Errorf("the last events are %s", kinds)
	}
}

func detachAnswers(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Signal)
	p := w.Spawn(t, `handle USR1 print; barrier a; kill USR1; exit 2`)
	p.Expect("@a\n")
	k := r.attach(p.PID(), nothing)
	p.Release()
	r.wait(tracehook.Signal)
	r.check(func() error { return k.Detach(sigUSR1) })
	if status := p.Wait(); status != exited(2) || p.Output() != "@a\ngot USR1 0\n" {
		t.Errorf("status %#x, output %q", status, p.Output())
	}
}

func killWins(t *testing.T, w World) {
	for kind, script := range map[tracehook.Kind]string{
		tracehook.Quiesce:      `spin`,
		tracehook.SyscallEntry: `print "no"`,
		tracehook.SyscallExit:  `getppid; print "no"`,
		tracehook.Signal:       `kill USR1; print "no"`,
		tracehook.Clone:        `fork { print "child" }; print "no"`,
		tracehook.VforkDone:    `vfork { }; print "no"`,
		tracehook.Exec:         `exec { print "no" }`,
		tracehook.GroupStop:    `stop; print "no"`,
		tracehook.Continue:     `stop; print "no"`,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			r := newRig(t, w, kind)
			p := w.Spawn(t, `barrier a; `+script)
			p.Expect("@a\n")
			k := r.attach(p.PID(), everything)
			if kind == tracehook.SyscallEntry || kind == tracehook.SyscallExit {
				r.check(k.Interrupt) // so that calls are reported
				r.wait(tracehook.Quiesce)
			}
			p.Release()
			if kind == tracehook.Quiesce {
				r.check(k.Interrupt)
			}
			if kind == tracehook.Continue {
				r.wait(tracehook.GroupStop)
				r.do(func() {})
				p.Kill(sigCONT)
			}
			e := r.wait(kind)
			p.Kill(sigKILL)
			end := r.waitFor("exit or death", func(e record) bool {
				return e.Task == k && (e.Kind == tracehook.Exit || e.Kind == tracehook.Death)
			})
			if end.Status != sigKILL {
				t.Errorf("%v, want SIGKILL", end)
			}
			r.do(func() {
				if err := k.Resume(tracehook.Run, 0); end.Kind == tracehook.Death && !errors.Is(err, tracehook.ErrGone) {
					t.Errorf("Resume after death: error %v", err)
				}
			})
			if kind == tracehook.Clone {
				r.do(func() { e.Child.Resume(tracehook.Run, 0) })
			}
			if status := p.Wait(); status != sigKILL {
				t.Errorf("wait status %#x, want SIGKILL", status)
			}
			if out := p.Output(); out != "@a\n" && out != "@a\nchild" {
				t.Errorf("output %q: it has run on", out)
			}
		})
	}
}

func requestErrors(t *testing.T, w World) {
	r := newRig(t, w, tracehook.Quiesce)
	p := w.Spawn(t, `barrier a; spin`)
	k := r.attach(p.PID(), nothing)
	requests := map[string]func() error{
		"Resume":      func() error { return k.Resume(tracehook.Run, 0) },
		"Detach":      func() error { return k.Detach(0) },
		"ReadRegset":  func() error { _, err := k.ReadRegset(1, make([]byte, 216)); return err },
		"SignalMask":  func() error { _, err := k.SignalMask(); return err },
		"SkipSyscall": func() error { return k.SkipSyscall(0) },
		"Inject":      func() error { var info tracehook.Siginfo; info.SetSigno(10); return k.Inject(&info) },
	}
	refused := func(when string, want error) {
		for name, request := range requests {
			r.do(func() {
				if err := request(); !errors.Is(err, want) || !errors.Is(err, syscall.ESRCH) {
					t.Errorf("%s of a %s thread: error %v, want %v (ESRCH)", name, when, err, want)
				}
			})
		}
	}
	refused("running", tracehook.ErrRunning)
	r.check(k.Interrupt)
	r.wait(tracehook.Quiesce)
	r.do(func() {
		if err := k.SkipSyscall(0); err == nil || errors.Is(err, syscall.ESRCH) {
			t.Errorf("SkipSyscall at %v: error %v", tracehook.Quiesce, err)
		}
		var info tracehook.Siginfo
		if err := k.Siginfo(&info); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("Siginfo at %v: error %v, want EINVAL", tracehook.Quiesce, err)
		}
	})
	p.Kill(sigKILL)
	r.wait(tracehook.Death)
	refused("dead", tracehook.ErrGone)
	r.do(func() {
		if err := k.Interrupt(); !errors.Is(err, tracehook.ErrGone) {
			t.Errorf("Interrupt of a dead thread: error %v, want ErrGone", err)
		}
	})
}

func post(t *testing.T, w World) {
	r := newRig(t, w)
	const posters, each = 8, 200
	var got [posters][]int
	var all sync.WaitGroup
	for i := range posters {
		all.Go(func() {
			for n := range each {
				if !r.loop.Post(func() {
					if !r.loop.OnLoop() {
						t.Error("OnLoop is false on the loop")
					}
					got[i] = append(got[i], n)
				}) {
					t.Error("Post failed")
				}
			}
		})
	}
	all.Wait()
	if r.loop.OnLoop() {
		t.Error("OnLoop is true outside of the loop")
	}
	r.do(func() {}) // posted last, so run last
	for i := range got {
		if len(got[i]) != each {
			t.Errorf("poster %d: %d of %d functions were run", i, len(got[i]), each)
		}
		for n, v := range got[i] {
			if n != v {
				t.Fatalf("poster %d: function %d was run as number %d", i, v, n)
			}
		}
	}
}

func postClose(t *testing.T, w World) {
	r := newRig(t, w)
	var mu sync.Mutex
	promised, ran := 0, 0
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := 0; ; n++ {
				ok := r.loop.Post(func() { mu.Lock(); ran++; mu.Unlock() })
				if !ok {
					return
				}
				mu.Lock()
				promised++
				mu.Unlock()
				if i == 0 && n == 100 {
					r.loop.Close()
				}
			}
		})
	}
	all.Wait()
	r.ended <- <-r.ended // wait for Run, and let the rig see its result too
	if ran != promised {
		t.Errorf("%d functions were run, %d were promised", ran, promised)
	}
}
