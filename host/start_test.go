package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/launch"
)

func TestMain(m *testing.M) { leak.Main(m) }

func shell(script string) *launch.Command {
	return &launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", script}}
}

// wait waits for the end, but not for ever.
func wait(t *testing.T, p *launch.Process) launch.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), scale.Time(20*time.Second))
	defer cancel()
	status, err := p.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// A started program is seen from its exec on, and its handle learns its end.
func TestStart(t *testing.T) {
	core := hosttest.Open(t)
	execs := 0
	p, err := host.Start(context.Background(), core, shell("exit 7"), func(pid int) error {
		_, err := core.Attach(context.Background(), pid, &utrace.Funcs{
			Exec: func(*utrace.Report, int) utrace.Action { execs++; return utrace.Resume },
		}, utrace.WithEvents(utrace.EventExec))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if status := wait(t, p); status.ExitStatus() != 7 {
		t.Errorf("status %v", status)
	}
	core.Close()
	if execs != 1 {
		t.Errorf("%d execs were reported", execs)
	}
}

// What cannot be executed, and what cannot be attached, is an error; no process
// is left.
func TestStartErrors(t *testing.T) {
	core := hosttest.Open(t)
	_, err := host.Start(context.Background(), core, &launch.Command{Path: "/dev/null/no"}, nil)
	if !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("no such file: %v", err)
	}
	refused := errors.New("refused")
	_, err = host.Start(context.Background(), core, shell("exit 0"), func(int) error { return refused })
	if !errors.Is(err, refused) {
		t.Errorf("refused: %v", err)
	}
}

// When the core is closed the program runs on, and its handle still learns its
// end.
func TestCloseBeforeEnd(t *testing.T) {
	core := hosttest.Open(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := shell("read x; exit 5")
	cmd.Files = []*os.File{r, os.Stdout, os.Stderr}
	p, err := host.Start(context.Background(), core, cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	core.Close()
	w.Close()
	if status := wait(t, p); status.ExitStatus() != 5 {
		t.Errorf("status %v", status)
	}
}

func Example() {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	ctx := context.Background()
	cmd := &launch.Command{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 3"}}
	p, err := host.Start(ctx, core, cmd, func(pid int) error {
		_, err := core.AttachGroup(ctx, pid, utrace.Tree, func(*utrace.Thread) any {
			return &utrace.Funcs{Death: func(r *utrace.Report, d *utrace.Death) utrace.Action {
				fmt.Println("the shell", d.Status)
				return utrace.Resume
			}}
		}, utrace.WithEvents(utrace.EventDeath))
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Wait(ctx)
	// Output: the shell exited with 3
}
