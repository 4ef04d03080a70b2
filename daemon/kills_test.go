package daemon_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/scale"
)

// spinner is a program that is traced, and killed.
type spinner struct {
	*process
	log  string
	work string
}

func newSpinner(t *testing.T, dir string) *spinner {
	t.Helper()
	s := &spinner{log: filepath.Join(dir, "spinner")}
	s.process = logged(t, s.log, spin)
	until(t, "where work is", func() bool {
		text, _ := os.ReadFile(s.log)
		line, _, ok := bytes.Cut(text, []byte("\n"))
		s.work = string(line)
		return ok
	})
	return s
}

// startGroup starts a program in a process group of its own, and without a pipe that
// what it leaves behind would keep open.
func (k *killing) startGroup(args ...string) *process {
	k.t.Helper()
	f, err := os.Create(filepath.Join(k.dir, "tracer"))
	if err != nil {
		k.t.Fatal(err)
	}
	defer f.Close()
	p := newProcess(k.t, args...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.begin(f)
	k.t.Cleanup(func() { killGroup(p) })
	return p
}

// killGroup kills a program and its children. Those with which strace tries
// ptrace(2) out stay stopped for ever if it is killed, natively, too.
func killGroup(p *process) {
	_ = p.cmd.Process.Kill()
	p.wait()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// ended reports whether the program has ended by itself.
func (p *process) ended() bool {
	select {
	case err := <-p.done:
		p.done <- err
		return true
	default:
		return false
	}
}

func size(path string) int64 {
	if st, err := os.Stat(path); err == nil {
		return st.Size()
	}
	return 0
}

// killing is a storm of deaths.
type killing struct {
	*mortal
	random  *rand.Rand
	dir     string
	spinner *spinner
	// strace and breaker trace the spinner.
	strace, breaker *process
	caller          *process
	callerLog       string
	// owner: it was killed in this round.
	owner bool
	// trapped counts the spinners that died of a breakpoint when the owner was
	// killed.
	trapped, owners int
}

func newKilling(t *testing.T, seed uint64) *killing {
	k := &killing{mortal: newMortal(t), random: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir()}
	k.caller, k.callerLog = caller(t)
	return k
}

// round has everything run, kills something, and looks at what is left.
func (k *killing) round() {
	t := k.t
	if k.spinner == nil || k.spinner.ended() {
		k.spinner = newSpinner(t, k.dir)
	}
	if k.strace == nil || k.strace.ended() {
		k.strace = k.startGroup(utrace, "run", "strace", "-qq", "-o", filepath.Join(k.dir, "strace"), "-p", k.spinner.pid())
	}
	if k.breaker == nil || k.breaker.ended() {
		k.breaker = k.startGroup(utrace, "run", breaker, k.spinner.pid(), k.spinner.work)
	}
	// A command under strace, as a whole: its exit status must not get lost.
	command := start(t, utrace, "run", "strace", "-qq", "-o", "/dev/null", "sh", "-c", "exit 42")
	time.Sleep(time.Duration(k.random.IntN(60)) * time.Millisecond)
	k.owner = false
	killed := k.kill()
	k.commandEnded(command, killed)
	k.spinnerLives(killed)
	if k.caller.ended() {
		text, _ := os.ReadFile(k.callerLog)
		t.Errorf("killed %s, and a program that was under the filter ended: %v: %s", killed, k.caller.cmd.ProcessState, text)
		k.caller, k.callerLog = caller(t)
	}
}

// kill kills something and says what.
func (k *killing) kill() string {
	victim, p := "", (*process)(nil)
	switch k.random.IntN(5) {
	case 0:
		victim, p = "strace", k.strace
	case 1:
		victim, p = "the breaker", k.breaker
	case 2:
		victim, p = "the program", k.spinner.process
	default:
		k.owners++
		k.owner = true
		k.mortal.kill()
		return "the owner"
	}
	if p == k.spinner.process {
		_ = p.cmd.Process.Kill()
		p.wait()
	} else {
		killGroup(p)
	}
	return victim
}

// commandEnded waits for a command under strace. Strace may fail if it has lost
// its tracee, and says so.
func (k *killing) commandEnded(command *process, killed string) {
	command.wait()
	code := command.cmd.ProcessState.ExitCode()
	lost := k.owner && strings.Contains(command.out.String(), "strace: ")
	if code != 42 && !lost {
		k.t.Errorf("killed %s, and a command ended with %v, want exit status 42\n%s", killed, command.cmd.ProcessState, command.out.String())
	}
}

// spinnerLives checks that the program runs on, unless it was killed.
func (k *killing) spinnerLives(killed string) {
	s := k.spinner
	before := size(s.log)
	for deadline := time.Now().Add(scale.Time(patience / 2)); size(s.log) == before && !s.ended(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			status, _ := os.ReadFile("/proc/" + s.pid() + "/status")
			list, _ := run(k.t, utrace, "ps")
			k.t.Fatalf("killed %s, and the program stands still:\n%s\n%s", killed, status, list)
		}
	}
	if !s.ended() {
		return
	}
	switch end := s.cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case killed == "the program" && end.Signal() == syscall.SIGKILL:
	case k.owner && end.Signal() == syscall.SIGTRAP:
		k.trapped++
	default:
		k.t.Errorf("killed %s, and the program ended: %v", killed, s.cmd.ProcessState)
	}
}

// TestRO2_Kills kills tracers, what they trace, and the owner, in random order and at
// random moments. Whoever is left goes on.
func TestRO2_Kills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("UTRACE_TEST_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("UTRACE_TEST_SEED=%d", seed)
	k := newKilling(t, seed)
	rounds := scale.Rounds(12)
	for n := range rounds {
		if k.round(); t.Failed() {
			t.Fatalf("in round %d", n)
		}
	}
	k.spinner.cmd.Process.Kill()
	for _, p := range []*process{k.spinner.process, k.strace, k.breaker} {
		p.wait()
	}
	grows(t, k.callerLog, "")
	t.Logf("%d rounds; the owner was killed %d times, and %d programs died of their breakpoint", rounds, k.owners, k.trapped)
}
