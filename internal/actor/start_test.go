package actor

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStatements runs scripts as 64-bit and as 32-bit programs.
func TestStatements(t *testing.T) {
	for _, size := range Sizes() {
		for script, want := range map[string]string{
			`print "a"; repeat 2 { print "b"; repeat 2 { print "c" } }`:                           "abccbcc|0",
			`fork { exit 3 }; wait print; exit 4`:                                                 "child exited 3\n|4",
			`vfork { exec { print "x"; exit 5 } }; wait print`:                                    "xchild exited 5\n|0",
			`clone3 { kill TERM }; wait print; wait print`:                                        "child killed TERM\nwait: ECHILD\n|0",
			`handle USR1; repeat 3 { kill USR1 }; handled USR1`:                                   "USR1: 3\n|0",
			`handle RTMIN+3 print; sigqueue RTMIN+3 77`:                                           "got RTMIN+3 77\n|0",
			`handle USR2 print; block USR2; tkill USR2; print "x"; unblock USR2`:                  "xgot USR2 0\n|0",
			`repeat 600 { thread { getppid } ; join }; thread { print "t" }; join; print "m"`:     "tm|0",
			`handle SEGV; segv; handled SEGV; handle TRAP; int3; handled TRAP`:                    "SEGV: 1\nTRAP: 1\n|0",
			`ignore TERM; kill TERM; default TERM; kill TERM`:                                     "|TERM",
			`fork { stop; exit 1 }; wait print untraced; exit 2`:                                  "child stopped STOP\n|2",
			`exec32 { getppid; exec64 { print "y"; spin 1000; sleep 1; yield; getpid; gettid } }`: "y|0",
			`handle CHLD; fork { killparent USR1; pause }; pause`:                                 "|USR1",
			`thread { exec { print "z" } }; pause`:                                                "z|0",
			`segv`:                                                                                "|SEGV",
		} {
			t.Run(fmt.Sprint(size.Bits, " ")+script, func(t *testing.T) {
				p := size.Start(t, script)
				got := p.Wait()
				text, end, _ := strings.Cut(want, "|")
				how := SignalName(int(got.Signal()))
				if got.Exited() {
					how = string(rune('0' + got.ExitStatus()))
				}
				if p.Output() != text || how != end {
					t.Errorf("output %q, end %s; want %q, %s", p.Output(), how, text, end)
				}
			})
		}
	}
}

// TestAwait interrupts every blocking call by a handler, without SA_RESTART.
func TestAwait(t *testing.T) {
	for _, size := range Sizes() {
		for _, c := range Blocking() {
			t.Run(fmt.Sprint(size.Bits, " ")+c.Name, func(t *testing.T) {
				t.Parallel()
				p := size.Start(t, "handle USR1; handle USR2; barrier x; await "+c.Name)
				p.Expect("@x\n")
				p.Release()
				for !strings.HasSuffix(p.Output(), ": EINTR\n") {
					// Before it blocks the signal has no effect, so again.
					if err := syscall.Kill(p.PID, syscall.SIGUSR1); err != nil {
						break
					}
					time.Sleep(time.Millisecond)
				}
				if status := p.Wait(); status != 0 || p.Output() != "@x\n"+c.Name+": EINTR\n" {
					t.Errorf("output %q, status %#x", p.Output(), status)
				}
			})
		}
	}
}

func TestBarrierAndStops(t *testing.T) {
	p := Start(t, `barrier one; print "+"; pause`)
	p.Expect("@one\n")
	p.Release()
	p.Expect("+")
	for i, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGTERM} {
		if err := syscall.Kill(p.PID, sig); err != nil {
			t.Fatal(err)
		}
		p.WaitStatus(i + 1)
	}
	got := p.Statuses()
	if len(got) != 3 || !got[0].Stopped() || !got[1].Continued() || got[2].Signal() != syscall.SIGTERM {
		t.Errorf("statuses %v", got)
	}
}
