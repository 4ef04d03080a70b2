package bpf_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// TestSent: who sent a signal, and what became of it.
func TestSent(t *testing.T) {
	w := newWatch(t, &bpf.Monitor{Room: 1 << 20})
	if w == nil {
		return
	}
	seen := w.run(`ignore USR2; block USR1; kill USR2; kill USR1; kill USR1; kill TERM`, tracehook.WantSent, actor.Start)
	var fates []tracehook.Fate
	for _, s := range seen {
		if s.Kind != tracehook.Sent || s.Signal == int(syscall.SIGKILL) {
			continue
		}
		fates = append(fates, s.Fate)
		if s.Info == nil || s.Info.Code() != tracehook.SiUser || s.Info.PID() != s.id || s.Info.UID() != os.Getuid() {
			t.Errorf("signal %d with %v", s.Signal, s.Info)
		}
	}
	want := []tracehook.Fate{tracehook.Ignored, tracehook.Queued, tracehook.Merged, tracehook.Queued}
	if len(fates) != len(want) {
		t.Fatalf("fates %v, want %v", fates, want)
	}
	for i := range want {
		if fates[i] != want[i] {
			t.Errorf("fates %v, want %v", fates, want)
		}
	}
}

// TestForget: nothing is reported of a thread that was forgotten, though its child
// goes on being observed; and it can be observed again.
func TestForget(t *testing.T) {
	w := newWatch(t, &bpf.Monitor{Room: 1 << 20})
	if w == nil {
		return
	}
	p := actor.Start(t, `fork { barrier a; getppid; exit 2 }; wait; getppid; barrier b; exit 3`)
	p.Expect("@a\n")
	s, err := w.Observe(p.PID, tracehook.WantSyscalls)
	if err != nil {
		t.Fatal(err)
	}
	s.(tracehook.Forgetter).Forget()
	s.(tracehook.Forgetter).Forget()
	p.Release()
	p.Expect("@b\n")
	for range len(w.events) { // it may not have waited yet when it was observed
		if s := <-w.events; s.Kind != tracehook.SyscallEntry && s.Kind != tracehook.SyscallExit || s.Syscall.Nr == syscall.SYS_GETPPID {
			t.Errorf("%+v of a thread that was forgotten", s.Event)
		}
	}
	again, err := w.Observe(p.PID, tracehook.WantSyscalls)
	if err != nil || again == s {
		t.Fatalf("observed again: %v, %v", again, err)
	}
	p.Release()
	p.Wait()
	if end := w.until(tracehook.Reap, p.PID); end.Status != 3<<8 || end.Subject != again {
		t.Errorf("its end is %+v", end.Event)
	}
}
