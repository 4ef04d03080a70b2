package daemon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/scale"
)

// A tool is something that traces a program, for ever, and writes a line to a log
// each time it sees what it is for.
type tool struct {
	name string
	// args makes its command line, sees what its lines contain, and no what
	// would be another tool's doing.
	args func(pid, log string) []string
	sees string
	no   []string
	// narrow: it is for programs of its own word size only.
	narrow bool
}

// debugger makes the command line of a gdb that stops at a point again and again.
func debugger(point string) func(pid, log string) []string {
	return func(pid, log string) []string {
		return []string{"gdb", "-nx", "-q", "-batch", "-p", pid, "-ex", "set pagination off", "-ex", point,
			"-ex", "python\nlog = open('" + log + "', 'w', 1)\nwhile True:\n  gdb.execute('continue', False, True)\n  log.write('stop %s\\n' % gdb.parse_and_eval('n'))"}
	}
}

// straceLine makes the command line of a strace.
func straceLine(program string) func(pid, log string) []string {
	return func(pid, log string) []string { return []string{program, "-f", "-o", log, "-p", pid} }
}

// tools are those of the matrix. One without arguments is an engine of a client; one
// that sees nothing is a command of ours, which waits for a crash.
var tools = []tool{
	{name: "strace", args: straceLine("strace"), sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}},
	{name: "gdb break", args: debugger("break tick"), sees: "stop "},
	{name: "gdb watch", args: debugger("watch n"), sees: "stop "},
	{name: "ltrace", args: func(pid, log string) []string { return []string{"ltrace", "-f", "-o", log, "-p", pid} },
		sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}, narrow: true},
	{name: "engine", sees: "syscall-entry"},
	{name: "hold", args: func(pid, log string) []string { return []string{"hold", "-p", pid} }},
}

// straceVariable names a strace that is a 32-bit program, for the matrix.
const straceVariable = "UTRACE_TEST_STRACE32"

// running is a tool at work.
type running struct {
	tool
	*process
	log    string
	client *client.Client
}

func (k *tool) start(t *testing.T, p *process, log string) *running {
	t.Helper()
	r := &running{tool: *k, log: log}
	switch {
	case k.args == nil:
		r.attach(t, p)
	case k.sees == "":
		r.process = logged(t, log+".out", append([]string{utrace}, k.args(p.pid(), log)...)...)
	default:
		r.process = logged(t, log+".out", append([]string{utrace, "run"}, k.args(p.pid(), log)...)...)
	}
	return r
}

// attach attaches an engine that is told of system calls.
func (r *running) attach(t *testing.T, p *process) {
	t.Helper()
	c, err := client.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	f, err := os.Create(r.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r.client = c
	_, err = c.Attach(context.Background(), api.Attach{Thread: p.number(), Scope: api.ScopeProcess, Name: r.name, Events: []string{r.sees}},
		func(ev *api.Event) { fmt.Fprintln(f, ev.Event) })
	if err != nil {
		t.Fatal(err)
	}
}

// leave ends a tool in one of the ways in which tools end.
func (r *running) leave(how syscall.Signal) {
	if r.client != nil {
		r.client.Close()
		return
	}
	_ = r.cmd.Process.Signal(how)
	if how != syscall.SIGKILL && r.args("", "")[0] == "gdb" {
		time.AfterFunc(scale.Time(time.Second), func() { _ = r.cmd.Process.Kill() }) // ^C stops the program, not gdb
	}
	r.wait()
}

// works checks that the tool sees what it would see alone.
func (r *running) works(t *testing.T, with string) {
	t.Helper()
	if r.sees == "" {
		until(t, fmt.Sprintf("%s, with %s, to be there", r.name, with), func() bool { return r.listed(t) })
		return
	}
	n := lines(r.log, r.sees)
	until(t, fmt.Sprintf("%s, with %s, to see more", r.name, with), func() bool { return lines(r.log, r.sees) > n+5 })
	for _, text := range r.no {
		if lines(r.log, text) != 0 {
			t.Errorf("%s, with %s, has seen %s", r.name, with, text)
		}
	}
}

// listed reports whether the owner knows of the tool.
func (r *running) listed(t *testing.T) bool {
	list, err := dial(t).List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range list {
		for _, e := range thread.Engines {
			if strings.Contains(e.Name, "process "+r.pid()) {
				return true
			}
		}
	}
	return false
}

// TestMatrix runs pairs and triples of tools on one live program, of 64 or of 32 bits:
// each sees what it would see alone, and goes on when another one leaves, by ^C or by
// SIGKILL. A few combinations are drawn each time; UTRACE_TEST_ALL runs them all.
func TestMatrix(t *testing.T) {
	random := rand.New(rand.NewPCG(seed(t), 0))
	tools := slices.Clone(tools)
	if path := os.Getenv(straceVariable); path != "" {
		tools = append(tools, tool{name: "strace of 32 bits", args: straceLine(path), sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}, narrow: true})
	}
	var all []combination
	for a := range tools {
		for b := a + 1; b < len(tools); b++ {
			all = append(all, combination{target: tick, tools: []tool{tools[a], tools[b]}})
			for c := b + 1; c < len(tools); c++ {
				all = append(all, combination{target: tick, tools: []tool{tools[a], tools[b], tools[c]}})
			}
		}
	}
	for _, c := range slices.Clone(all) {
		if !slices.ContainsFunc(c.tools, func(k tool) bool { return k.narrow && k.name == "ltrace" }) {
			all = append(all, combination{target: tick32, tools: c.tools})
		}
	}
	all = slices.DeleteFunc(all, func(c combination) bool {
		return c.target == tick && slices.ContainsFunc(c.tools, func(k tool) bool { return k.narrow && k.name != "ltrace" })
	})
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if os.Getenv("UTRACE_TEST_ALL") == "" {
		all = all[:min(scale.Rounds(2), len(all))]
	}
	for _, c := range all {
		c.run(t, random)
	}
}

// combination is some tools on a program.
type combination struct {
	target string
	tools  []tool
}

// seed is what a random test begins with.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if text := os.Getenv("UTRACE_TEST_SEED"); text != "" {
		n, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("UTRACE_TEST_SEED=%d", n)
	return n
}

// run runs the tools together, and has them leave one after the other.
func (c *combination) run(t *testing.T, random *rand.Rand) {
	name := ""
	for _, k := range c.tools {
		name += ", " + k.name
	}
	if c.target == tick32 {
		name += ", 32-bit program"
	}
	t.Run(name[2:], func(t *testing.T) {
		p, dir := start(t, c.target), t.TempDir()
		var list []*running
		for i := range c.tools {
			list = append(list, c.tools[i].start(t, p, filepath.Join(dir, fmt.Sprint(i))))
		}
		for {
			for _, r := range list {
				r.works(t, name)
			}
			if len(list) == 1 {
				break
			}
			i := random.IntN(len(list))
			how := []syscall.Signal{syscall.SIGINT, syscall.SIGKILL}[random.IntN(2)]
			t.Logf("%s leaves by %v", list[i].name, how)
			list[i].leave(how)
			list = slices.Delete(list, i, i+1)
		}
		if last := list[0]; last.sees == "" {
			last.catches(t, p)
			return
		}
		list[0].leave(syscall.SIGKILL)
		untraced(t, p)
	})
}

// catches checks that a tool that waits for a crash holds it.
func (r *running) catches(t *testing.T, p *process) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGSEGV)
	until(t, "the crash to be held", func() bool { return lines(r.log+".out", "is held") != 0 })
	r.leave(syscall.SIGKILL)
	if state := p.wait(); state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGSEGV {
		t.Errorf("the program ended with %v", state)
	}
}
