package client_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
)

// stuckVariable has this program be a client that gets stuck in a callback about a
// process, and then dies or is killed.
const stuckVariable = "UTRACE_TEST_STUCK"

// stuckMain is its main function. The variable has the socket and the process.
func stuckMain(what string) error {
	var path string
	var pid int
	if _, err := fmt.Sscan(what, &path, &pid); err != nil {
		return err
	}
	core, err := client.Open(client.Kernel{Path: path, Label: "stuck"}, utrace.Options{})
	if err != nil {
		return err
	}
	_, err = core.AttachGroup(context.Background(), pid, utrace.Tree, func(*utrace.Thread) any {
		return &utrace.Funcs{SyscallEntry: func(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			if s.Number() == actor.Number("getppid") {
				if err := r.Engine().PlantTrap(context.Background(), s.PC()); err != nil {
					fmt.Println(err)
				}
				fmt.Println("stuck")
				select {}
			}
			return utrace.SyscallAnswer{}
		}}
	}, utrace.WithEvents(utrace.EventSyscallEntry|utrace.EventTrap))
	if err != nil {
		return err
	}
	fmt.Println("attached")
	select {}
}

// awaitThreads waits until the owner traces so many threads.
func awaitThreads(t *testing.T, n int) {
	t.Helper()
	c, err := client.Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for end := time.Now().Add(scale.Time(20 * time.Second)); ; time.Sleep(time.Millisecond) {
		list, err := c.List(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the owner traces %+v, and not %d threads", list, n)
		}
	}
}

// A client is killed in the middle of a callback, with a breakpoint planted where
// the program goes next. The program runs on unharmed, and the engine of another
// client sees all of it.
func TestKilledInCallback(t *testing.T) {
	awaitThreads(t, 0)
	p := actor.Start(t, "barrier a; getppid*3; result r; exit 6")
	p.Expect("@a\n")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", stuckVariable, socket, p.PID))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "attached" {
		t.Fatalf("the client says %q", lines.Text())
	}

	core, err := client.Open(client.Kernel{Path: socket}, utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	var calls atomic.Int32
	if _, err := core.Attach(context.Background(), p.PID, &utrace.Funcs{
		SyscallExit: func(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
			if s.Number() == actor.Number("getppid") {
				calls.Add(1)
			}
			return utrace.Resume
		},
	}, utrace.WithEvents(utrace.EventSyscallExit)); err != nil {
		t.Fatal(err)
	}
	p.Release()
	if !lines.Scan() || lines.Text() != "stuck" {
		t.Fatalf("the client says %q", lines.Text())
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls were made while the other client had the thread", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if status := p.Wait(); status.ExitStatus() != 6 || !strings.HasPrefix(p.Output(), "@a\nr: ") {
		t.Errorf("the program ended with %#x and printed %q", status, p.Output())
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("the other client has seen %d of 3 calls", n)
	}
	awaitThreads(t, 0)
}

// When the connection ends, engines are detached, and calls fail.
func TestConnectionEnds(t *testing.T) {
	p := actor.Start(t, "barrier a; exit 7")
	p.Expect("@a\n")
	core, err := client.Open(client.Kernel{Path: socket}, utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	released := make(chan struct{})
	e, err := core.Attach(context.Background(), p.PID, &utrace.Funcs{}, utrace.WithRelease(func() { close(released) }))
	if err != nil {
		t.Fatal(err)
	}
	client.Break(core)
	select {
	case <-released:
	case <-time.After(scale.Time(20 * time.Second)):
		t.Fatal("the engine is not released")
	}
	if err := e.Control(context.Background(), utrace.Stop); err == nil {
		t.Error("the engine works without a connection")
	}
	p.Release()
	if status := p.Wait(); status.ExitStatus() != 7 {
		t.Errorf("the program ended with %#x", status)
	}
}
