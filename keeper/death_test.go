//go:build linux && (amd64 || 386)

package keeper_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/scale"
)

// deaths is how often an owner is killed.
const deaths = 20

// owner is a process that has a breakpoint in a program.
type owner struct {
	*exec.Cmd
	in     io.Closer
	keeper int
}

func trace(t *testing.T, p *tracee, kind breakpoint.Kind) *owner {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d", asOwner, p.Pid, p.work, kind))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{Cmd: cmd, in: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, bad := fmt.Sscanf(line, "planted %d", &o.keeper); bad != nil {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	return o
}

// bereaved kills the owner and returns how long it took until its keeper had done
// what there was to do.
func (o *owner) bereaved(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := o.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	defer o.Wait()
	for deadline := begin.Add(scale.Time(10 * time.Second)); ; time.Sleep(20 * time.Microsecond) {
		if stat, err := procfs.ReadStat(o.keeper); err != nil || stat.State == 'Z' {
			return time.Since(begin)
		}
		if time.Now().After(deadline) {
			t.Fatal("the keeper does not end")
		}
	}
}

// TestWatcherKilled: the debug registers of an owner that is killed are cleared,
// again and again, and the program goes on.
func TestWatcherKilled(t *testing.T) {
	p := start(t, build(t))
	var took []time.Duration
	for range deaths {
		took = append(took, trace(t, p, breakpoint.Hardware).bereaved(t))
		p.Tell(t, "work")
		if line := p.Line(t); line != "2" {
			t.Fatalf("the program says %q", line)
		}
	}
	if status := p.End(t); status != 0 {
		t.Errorf("the program ended with status %d", status)
	}
	slices.Sort(took)
	t.Logf("from the kill to the keeper's end: median %v, longest %v", took[deaths/2], took[deaths-1])
}

// TestWatcherKilledBusy is TestOwnerKilledBusy for debug registers.
func TestWatcherKilledBusy(t *testing.T) {
	path, alive := build(t), 0
	for range deaths {
		p := start(t, path, "busy")
		trace(t, p, breakpoint.Hardware).bereaved(t)
		alive += livedOn(t, p)
	}
	t.Logf("%d of %d programs lived on", alive, deaths)
}

// livedOn is 1 if the program does. If not, it has to be the breakpoint's doing.
func livedOn(t *testing.T, p *tracee) int {
	t.Helper()
	switch status := p.End(t); status {
	case 0:
		return 1
	case 128 + int(syscall.SIGTRAP):
	default:
		t.Errorf("the program ended with status %d", status)
	}
	return 0
}

// killed kills the owner and returns how long it took until the program had its
// text again. False: the program has died before.
func (o *owner) killed(t *testing.T, p *tracee, original []byte) (time.Duration, bool) {
	t.Helper()
	begin := time.Now()
	if err := o.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	defer o.Wait()
	for deadline := begin.Add(scale.Time(10 * time.Second)); ; time.Sleep(20 * time.Microsecond) {
		switch now := p.text(t); {
		case now == nil:
			return 0, false
		case bytes.Equal(now, original):
			return time.Since(begin), true
		case time.Now().After(deadline):
			t.Fatalf("the text is still % x; want % x", now, original)
		}
	}
}

// TestOwnerKilled: the breakpoint of an owner that is killed is taken out, again
// and again, and the program goes on.
func TestOwnerKilled(t *testing.T) {
	p := start(t, build(t))
	original := p.text(t)
	var took []time.Duration
	for range deaths {
		o := trace(t, p, breakpoint.Software)
		if bytes.Equal(p.text(t), original) {
			t.Fatal("there is no breakpoint")
		}
		d, alive := o.killed(t, p, original)
		if !alive {
			t.Fatal("the program died of a breakpoint that it did not come to")
		}
		took = append(took, d)
		p.Tell(t, "work")
		if line := p.Line(t); line != "2" {
			t.Fatalf("the program says %q", line)
		}
	}
	if status := p.End(t); status != 0 {
		t.Errorf("the program ended with status %d", status)
	}
	slices.Sort(took)
	t.Logf("from the kill to the restored text: median %v, longest %v", took[deaths/2], took[deaths-1])
}

// TestOwnerKilledBusy counts the programs that live on although they come to
// the breakpoint once a millisecond. Some do not, and that is no failure; but
// nothing else than the breakpoint may kill them.
func TestOwnerKilledBusy(t *testing.T) {
	path, alive := build(t), 0
	for range deaths {
		p := start(t, path, "busy")
		original := p.text(t)
		trace(t, p, breakpoint.Software).killed(t, p, original)
		alive += livedOn(t, p)
	}
	t.Logf("%d of %d programs lived on", alive, deaths)
}

// TestOwnerEnds: an owner that ends as it should leaves nothing to the keeper.
func TestOwnerEnds(t *testing.T) {
	p := start(t, build(t), "busy")
	original := p.text(t)
	o := trace(t, p, breakpoint.Software)
	o.in.Close()
	if err := o.Wait(); err != nil {
		t.Fatal(err)
	}
	if now := p.text(t); !bytes.Equal(now, original) {
		t.Errorf("the text is % x; want % x", now, original)
	}
	if status := p.End(t); status != 0 {
		t.Errorf("the program ended with status %d", status)
	}
}
