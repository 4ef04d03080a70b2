//go:build linux

package breakpoint_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/launch"
)

// target is the program, running and waiting, and the core that it was started
// under.
type target struct {
	*launch.Process
	core *utrace.Core
	in   *os.File
	out  *bufio.Reader
	a, b uint64
}

func start(t testing.TB, args ...any) *target {
	t.Helper()
	return launched(t, compiled(t, "counter", strconv.IntSize), args...)
}

// compiled is a program of testdata, for so many bits. In a guest of internal/vmtest
// it is there already.
func compiled(t testing.TB, name string, bits int, flags ...string) string {
	t.Helper()
	if os.Getenv("UTRACE_GUEST") != "" {
		file, err := filepath.Abs(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := filepath.Join(t.TempDir(), name)
	flags = append([]string{"-O1", "-pthread", "-o", file, filepath.Join("testdata", name+".c")}, flags...)
	if x86 {
		flags = append([]string{fmt.Sprintf("-m%d", bits), "-msse2"}, flags...)
	}
	if out, err := exec.Command("cc", flags...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return file
}

// x86: programs have one of two widths.
const x86 = runtime.GOARCH == "amd64" || runtime.GOARCH == "386"

// forBits runs a test with programs of both widths that the machine has.
func forBits(t *testing.T, test func(t *testing.T, bits int)) {
	for _, bits := range []int{64, 32} {
		if bits > strconv.IntSize || bits == 32 && !x86 {
			continue // a 32-bit tracer cannot reach the other's memory
		}
		t.Run(strconv.Itoa(bits), func(t *testing.T) { test(t, bits) })
	}
}

// launched is a program that prints two addresses when it is ready.
func launched(t testing.TB, file string, args ...any) *target {
	t.Helper()
	return waiting(t, file, args...).greeted(t)
}

// greeted reads the two addresses.
func (p *target) greeted(t testing.TB) *target {
	t.Helper()
	if _, err := fmt.Fscanf(p.out, "%x %x\n", &p.a, &p.b); err != nil {
		t.Fatal(err)
	}
	return p
}

// waiting is a program that waits for a line when it is ready.
func waiting(t testing.TB, file string, args ...any) *target {
	t.Helper()
	return waitingOn(t, utrace.Options{}, file, args...)
}

// waitingOn is waiting on a core with options.
func waitingOn(t testing.TB, options utrace.Options, file string, args ...any) *target {
	t.Helper()
	options.OnFault = func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) }
	core, err := host.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	p := &target{core: core}
	stdin, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	cmd := &launch.Command{Path: file, Args: []string{file}, Files: []*os.File{stdin, stdout, os.Stderr}}
	for _, arg := range args {
		cmd.Args = append(cmd.Args, fmt.Sprint(arg))
	}
	p.Process, err = host.Start(t.Context(), core, cmd, nil)
	stdin.Close()
	stdout.Close()
	if err != nil {
		t.Fatal(err)
	}
	// Nobody waits for ever for a program that hangs.
	watchdog := time.AfterFunc(2*time.Minute, func() { p.Kill() })
	t.Cleanup(func() {
		watchdog.Stop()
		p.Kill()
		p.Wait(context.Background())
		core.Close()
		in.Close()
		out.Close()
	})
	return p
}

// finish lets the program run and returns what it counted.
func (p *target) finish(t testing.TB) (a, b uint64) {
	t.Helper()
	if _, err := p.in.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanf(p.out, "%d %d\n", &a, &b); err != nil {
		status, ended := p.Wait(t.Context())
		t.Fatalf("what the program counted: %v; it has ended: %v, %v", err, status, ended)
	}
	p.ended(t)
	return a, b
}

// ended waits for the end of the program, and expects it to be a good one.
func (p *target) ended(t testing.TB) {
	t.Helper()
	if status, err := p.Wait(t.Context()); err != nil || status != (launch.Status{}) {
		t.Errorf("the program: %v, %v", status, err)
	}
}

// Three owners with breakpoints at the same and at different addresses count
// what the program itself counts.
func TestCounts(t *testing.T) {
	const forks = 4
	threads := max(scale.Rounds(16), 4)
	p := start(t, threads, scale.Rounds(10000)/threads, forks)
	set := func(m *breakpoint.Manager, addr uint64) *breakpoint.Breakpoint {
		b, err := m.Set(t.Context(), breakpoint.Spec{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var onA, onB []*breakpoint.Breakpoint
	for i := range 3 {
		m, err := breakpoint.Open(t.Context(), p.core, p.PID(), utrace.Tree)
		if err != nil {
			t.Fatal(err)
		}
		if i != 1 {
			onA = append(onA, set(m, p.a))
		}
		if i != 2 {
			onB = append(onB, set(m, p.b))
		}
	}
	began := time.Now()
	a, b := p.finish(t)
	took := time.Since(began)
	t.Logf("%d hits in %v: %.0f per second", a+b, took, float64(a+b)/took.Seconds())
	for _, x := range onA {
		if x.Hits() != a {
			t.Errorf("%d hits of a, the program counted %d", x.Hits(), a)
		}
	}
	for _, x := range onB {
		if x.Hits() != b {
			t.Errorf("%d hits of b, the program counted %d", x.Hits(), b)
		}
	}
}

// An owner counts right while others come and go, at its address and elsewhere,
// in a program that never is at rest.
func TestComingAndGoing(t *testing.T) {
	p := start(t, 8, scale.Rounds(4000)/8, 2)
	m, err := breakpoint.Open(t.Context(), p.core, p.PID(), utrace.Tree)
	if err != nil {
		t.Fatal(err)
	}
	steady, err := m.Set(t.Context(), breakpoint.Spec{Addr: p.a})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	visits, guests := 0, sync.WaitGroup{}
	guests.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				if visit(t, p) {
					visits++
				}
			}
		}
	})
	a, _ := p.finish(t)
	close(over)
	guests.Wait()
	t.Logf("%d visits during %d hits", visits, a)
	if steady.Hits() != a {
		t.Errorf("%d hits, the program counted %d", steady.Hits(), a)
	}
}

// visit has an owner come, set two breakpoints, remove one, and leave, and
// reports whether it could. That the program has ended meanwhile is no fault.
func visit(t *testing.T, p *target) bool {
	m, err := breakpoint.Open(t.Context(), p.core, p.PID(), utrace.Process)
	if err == nil {
		defer m.Close()
		var b *breakpoint.Breakpoint
		if b, err = m.Set(t.Context(), breakpoint.Spec{Addr: p.a}); err == nil {
			if _, err = m.Set(t.Context(), breakpoint.Spec{Addr: p.b}); err == nil {
				err = b.Remove(t.Context())
			}
		}
	}
	if err != nil && !errors.Is(err, utrace.ErrGone) && !errors.Is(err, utrace.ErrNotFound) {
		t.Errorf("a visit: %v", err)
	}
	return err == nil
}

// The text is what it was, byte for byte, for the core's readers while there
// are breakpoints, and for everybody afterwards.
func TestText(t *testing.T) {
	p := start(t, 1, 1, 0)
	pid := p.PID()
	text := func() (s string) {
		mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		buf := make([]byte, 64)
		if _, err := mem.ReadAt(buf, int64(p.a)); err != nil {
			t.Fatal(err)
		}
		return string(buf)
	}
	before := text()
	m, err := breakpoint.Open(t.Context(), p.core, pid, utrace.Process)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Set(t.Context(), breakpoint.Spec{Addr: p.a})
	if err != nil {
		t.Fatal(err)
	}
	if now := text(); now == before {
		t.Error("no breakpoint in the text")
	}
	if err := b.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Set(t.Context(), breakpoint.Spec{Addr: p.b}); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	// A thread has to come by before memory can be written.
	for deadline := time.Now().Add(10 * time.Second); text() != before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the text is % x, was % x", text(), before)
		}
	}
	p.finish(t)
}
