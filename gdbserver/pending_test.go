//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
)

// borrowed waits for its vfork child, where no signal can reach it, until there is
// input.
const borrowed = `
#include <signal.h>
#include <unistd.h>

static void handler(int signal) { }

int main(void)
{
	char c;

	signal(SIGUSR1, handler);
	if (vfork() == 0) {
		read(0, &c, 1);
		_exit(0);
	}
	for (;;)
		pause();
}
`

// A signal that is pending for a process when a client attaches is what the attachment
// is told with, unless the client does not want to hear of it.
func TestAttachToPendingSignal(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	file := testprogram.Build(t, "c", borrowed)
	attached := func(pass string) rsp.Stop {
		t.Helper()
		p := testprogram.Start(t, file)
		await := func(what string, reached func(procfs.Status) bool) {
			t.Helper()
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
				if status, err := procfs.ReadStatus(p.Pid); err != nil || time.Now().After(end) {
					t.Fatalf("%s: %+v, %v", what, status, err)
				} else if reached(status) {
					return
				}
			}
		}
		await("a vfork", func(s procfs.Status) bool { return s.State == 'D' })
		if err := syscall.Kill(p.Pid, syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		c := s.client()
		c.want("QPassSignals:"+pass, "OK")
		if err := c.Send(rsp.AppendNumber([]byte("vAttach;"), uint64(p.Pid))); err != nil {
			t.Fatal(err)
		}
		await("the attachment", func(s procfs.Status) bool { return s.Tracer != 0 })
		p.Tell(t, "done")
		return c.await()
	}
	const sigusr1 = 30 // gdb's number
	if stop := attached(""); stop.Reason != rsp.Signalled || stop.Signal != sigusr1 {
		t.Errorf("attached to SIGUSR1: %+v", stop)
	}
	if stop := attached("1e;14"); stop.Reason != rsp.Signalled || stop.Signal != 0 {
		t.Errorf("attached to signals that do not matter: %+v", stop)
	}
}
