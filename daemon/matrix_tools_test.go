package daemon_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
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
	// bits: it is for programs of this word size only; 0: for all.
	bits int
	// detaches: at ^C it stops the program, detaches and ends well.
	detaches bool
	// deaf: it does not leave by ^C.
	deaf bool
}

// gdbLine makes the command line of a gdb that stops at a point again and again,
// until ^C stops the program: then it detaches. It has to be let run freely first
// (running.settle): a ^C that comes while gdb handles a stop is now and then lost, or
// lets it hang, without us as well.
func gdbLine(program, point string) func(pid, log string) []string {
	return func(pid, log string) []string {
		return []string{program, "-nx", "-q", "-batch", "-p", pid, "-ex", "set pagination off", "-ex", point,
			"-ex", "python\nLOG = '" + log + "'" + gdbScript}
	}
}

const gdbScript = `
import os
log = open(LOG, 'w', 1)
interrupted = False
def stopped(event):
  global interrupted
  interrupted = isinstance(event, gdb.SignalEvent) and event.stop_signal == 'SIGINT'
gdb.events.stop.connect(stopped)
while not interrupted:
  if os.path.exists(LOG + '.settle'):
    gdb.execute('delete')
    log.write('settled\n')
  gdb.execute('continue', False, True)
  log.write('stop %s\n' % gdb.parse_and_eval('n'))
gdb.execute('detach')
`

// straceLine makes the command line of a strace.
func straceLine(program string) func(pid, log string) []string {
	return func(pid, log string) []string { return []string{program, "-f", "-o", log, "-p", pid} }
}

// delveLine makes that of a Delve, which has no other way to repeat commands than a
// script that is sourced. At ^C it sends the program a SIGTRAP, which others see, and
// of which the program dies if Delve is not there any more to take it.
func delveLine(program string) func(pid, log string) []string {
	return func(pid, log string) []string {
		const script = "def main():\n  dlv_command('break tick')\n  while True:\n    dlv_command('continue')\n"
		return []string{"sh", "-c", fmt.Sprintf(`printf '%%s' "$1" >%[1]s.star
			printf 'source %%s\nmain\n' %[1]s.star >%[1]s.init
			exec "$2" attach %[2]s --allow-non-terminal-interactive=true --init %[1]s.init </dev/null >%[1]s 2>&1`, log, pid), "sh", script, program}
	}
}

// tools are those of the matrix. One without arguments is an engine of a client; one
// that sees nothing is a command of ours, which waits for a crash.
var tools = []tool{
	{name: "strace", args: straceLine("strace"), sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}},
	{name: "gdb break", args: gdbLine("gdb", "break tick"), sees: "stop ", detaches: true},
	{name: "gdb watch", args: gdbLine("gdb", "watch n"), sees: "stop ", detaches: true},
	{name: "ltrace", args: func(pid, log string) []string { return []string{"ltrace", "-f", "-o", log, "-p", pid} },
		sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}, bits: 64},
	{name: "engine", sees: "syscall-entry"},
	{name: "hold", args: func(pid, log string) []string { return []string{"hold", "-p", pid} }},
}

// tracersVariable names a folder with gdb and strace as 32-bit programs, which
// scripts/guests makes.
const tracersVariable = "UTRACE_TEST_I386"

// allTools are the tools that are here.
func allTools() []tool {
	list := slices.Clone(tools)
	if path, err := exec.LookPath("dlv"); err == nil && runtime.GOARCH == "amd64" {
		list = append(list, tool{name: "dlv", args: delveLine(path), sees: "> [Breakpoint", bits: 64, deaf: true})
	}
	if dir := os.Getenv(tracersVariable); dir != "" {
		list = append(list,
			tool{name: "strace of 32 bits", args: straceLine(dir + "/strace"), sees: "write(1", no: []string{"SIGTRAP", "SIGSTOP"}, bits: 32},
			tool{name: "gdb of 32 bits", args: gdbLine(dir+"/gdb", "break tick"), sees: "stop ", detaches: true, bits: 32})
	}
	return list
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
	if r.detaches && how == syscall.SIGINT {
		r.settle()
	}
	_ = r.cmd.Process.Signal(how)
	state := r.wait()
	if status := state.Sys().(syscall.WaitStatus); r.detaches && how == syscall.SIGINT && status != 0 {
		r.t.Errorf("%s ended with %v", r.name, state)
	}
}

// settle has a gdb give its breakpoints up and wait for the program.
func (r *running) settle() {
	r.t.Helper()
	if err := os.WriteFile(r.log+".settle", nil, 0o600); err != nil {
		r.t.Fatal(err)
	}
	defer r.explain(r.t)
	until(r.t, r.name+" to settle", func() bool { return lines(r.log, "settled") > 0 && r.resumed() })
}

// resumed reports whether nothing that the tool traces is stopped for it.
func (r *running) resumed() bool {
	r.t.Helper()
	all := true
	for _, link := range r.links(r.t) {
		all = all && link.State == "running"
	}
	return all
}

// works checks that the tool sees what it would see alone.
func (r *running) works(t *testing.T, with string) {
	t.Helper()
	defer r.explain(t)
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

// explain logs who holds what, and what the tool has said, if the test has failed.
func (r *running) explain(t *testing.T) {
	if !t.Failed() {
		return
	}
	list, _ := run(t, utrace, "ps")
	log, _ := os.ReadFile(r.log)
	out, _ := os.ReadFile(r.log + ".out")
	t.Logf("%s\nlog: %s\noutput: %s", list, log[max(0, len(log)-500):], out[max(0, len(out)-500):])
	if r.process != nil {
		call, _ := os.ReadFile("/proc/" + r.pid() + "/syscall")
		where, _ := os.ReadFile("/proc/" + r.pid() + "/wchan")
		t.Logf("it is in system call %s (%s)", bytes.TrimSpace(call), where)
	}
}

// listed reports whether the owner knows of the tool.
func (r *running) listed(t *testing.T) bool {
	t.Helper()
	return len(r.links(t)) != 0
}

// links are the engines that the tool has, one for each thread.
func (r *running) links(t *testing.T) (links []api.Engine) {
	t.Helper()
	c, err := client.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range list {
		for _, e := range thread.Engines {
			if name := e.Name + " "; strings.Contains(name, "process "+r.pid()+" ") {
				links = append(links, e)
			}
		}
	}
	return links
}
