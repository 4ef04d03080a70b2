package daemon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
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
}

// debugger makes the command line of a gdb that stops at a point again and again.
func debugger(point string) func(pid, log string) []string {
	return func(pid, log string) []string {
		return []string{"gdb", "-nx", "-q", "-batch", "-p", pid, "-ex", "set pagination off", "-ex", point,
			"-ex", "python\nlog = open('" + log + "', 'w', 1)\nwhile True:\n  gdb.execute('continue', False, True)\n  log.write('stop %s\\n' % gdb.parse_and_eval('n'))"}
	}
}

// tools are those of the matrix. One without arguments is an engine of a client.
var tools = []tool{
	{"strace", func(pid, log string) []string { return []string{"strace", "-f", "-o", log, "-p", pid} }, "write(1", []string{"SIGTRAP", "SIGSTOP"}},
	{"gdb break", debugger("break tick"), "stop ", nil},
	{"gdb watch", debugger("watch n"), "stop ", nil},
	{"ltrace", func(pid, log string) []string { return []string{"ltrace", "-f", "-o", log, "-p", pid} }, "write(1", []string{"SIGTRAP", "SIGSTOP"}},
	{"engine", nil, "syscall-entry", nil},
}

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
	if k.args == nil {
		r.attach(t, p)
	} else {
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
	n := lines(r.log, r.sees)
	until(t, fmt.Sprintf("%s, with %s, to see more", r.name, with), func() bool { return lines(r.log, r.sees) > n+5 })
	for _, text := range r.no {
		if lines(r.log, text) != 0 {
			t.Errorf("%s, with %s, has seen %s", r.name, with, text)
		}
	}
}

// TestMatrix runs pairs and triples of tools on one live program: each sees what it
// would see alone, and goes on when another one leaves, by ^C or by SIGKILL. A few
// combinations are drawn each time.
func TestMatrix(t *testing.T) {
	random := rand.New(rand.NewPCG(seed(t), 0))
	var all [][]int
	for a := range tools {
		for b := a + 1; b < len(tools); b++ {
			all = append(all, []int{a, b})
			for c := b + 1; c < len(tools); c++ {
				all = append(all, []int{a, b, c})
			}
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i := range min(scale.Rounds(2), len(all)) {
		combine(t, random, all[i])
	}
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

// combine runs some tools together, and has them leave one after the other.
func combine(t *testing.T, random *rand.Rand, which []int) {
	name := ""
	for _, i := range which {
		name += ", " + tools[i].name
	}
	t.Run(name[2:], func(t *testing.T) {
		p, dir := ticker(t), t.TempDir()
		var list []*running
		for i, w := range which {
			list = append(list, tools[w].start(t, p, filepath.Join(dir, fmt.Sprint(i))))
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
			list = append(list[:i], list[i+1:]...)
		}
		list[0].leave(syscall.SIGKILL)
		untraced(t, p)
	})
}
