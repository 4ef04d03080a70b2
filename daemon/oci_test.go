package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/client"
)

// runtimeOwner starts an owner that container runtimes bring listeners to, and
// returns the directory with its sockets.
func runtimeOwner(t *testing.T) (dir string, owner *process, log string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("takes root, to run containers")
	}
	dir = t.TempDir()
	log = filepath.Join(dir, "owner.log")
	owner = logged(t, log, utrace, "serve", "--socket", filepath.Join(dir, "run/owner"), "--oci", filepath.Join(dir, "run/oci"))
	t.Cleanup(func() { // killed, it would have a successor
		owner.cmd.Process.Signal(syscall.SIGTERM)
		owner.wait()
	})
	until(t, "the owner", func() bool {
		c, err := client.Dial(filepath.Join(dir, "run/owner"))
		if err == nil {
			c.Close()
			_, err = os.Lstat(filepath.Join(dir, "run/oci"))
		}
		return err == nil
	})
	return dir, owner, log
}

// object is one of JSON.
type object = map[string]any

// bundle makes the bundle of a container that runs a shell's script in file systems
// of its own, with the programs of this machine: its config.json is runc's own, with
// this for a seccomp filter, if it is not nil. The directory is /t in it.
func bundle(t *testing.T, dir string, seccomp any, script string) {
	t.Helper()
	root := filepath.Join(dir, "root")
	mounts := []any{object{"destination": "/t", "type": "bind", "source": dir, "options": []string{"bind"}}}
	for _, d := range []string{"usr", "lib", "lib64", "bin", "t", "proc", "dev", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"/usr", "/lib", "/lib64", "/bin"} {
		mounts = append(mounts, object{"destination": d, "type": "bind", "source": d, "options": []string{"rbind", "ro"}})
	}
	os.Remove(filepath.Join(dir, "config.json"))
	if out, err := exec.Command("runc", "spec", "--bundle", dir).CombinedOutput(); err != nil {
		t.Fatalf("runc spec: %v: %s; scripts/deps installs runc", err, out)
	}
	config := read(t, filepath.Join(dir, "config.json"))
	if seccomp != nil {
		config["linux"].(object)["seccomp"] = seccomp
	}
	config["root"] = object{"path": "root"}
	config["mounts"] = append(config["mounts"].([]any), mounts...)
	process := config["process"].(object)
	process["terminal"] = false
	process["args"] = []string{"/bin/sh", "-c", script}
	text, err := json.Marshal(config)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// brought is the filter whose listener the runtime brings to the owner, as `utrace
// serve --oci-seccomp` prints it.
func brought(t *testing.T, dir string) any {
	t.Helper()
	fragment, state := run(t, utrace, "serve", "--oci", filepath.Join(dir, "run/oci"), "--oci-seccomp")
	if !state.Success() {
		t.Fatalf("--oci-seccomp: %s", fragment)
	}
	var printed object
	if err := json.Unmarshal([]byte(fragment), &printed); err != nil {
		t.Fatal(err)
	}
	return printed["linux"].(object)["seccomp"]
}

func read(t *testing.T, file string) (o object) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// contained starts a container and returns it with the pipe to its input. It is
// removed with the test.
func contained(t *testing.T, dir string) (p *process, input *os.File) {
	t.Helper()
	name := fmt.Sprintf("utrace-%d-%s", os.Getpid(), filepath.Base(dir))
	p = newProcess(t, "runc", "run", "--bundle", dir, "--pid-file", filepath.Join(dir, "pid"), name)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdin = r
	p.begin(&p.out)
	r.Close()
	t.Cleanup(func() {
		w.Close()
		_ = exec.Command("runc", "delete", "--force", name).Run()
	})
	return p, w
}

// Unmodified tracers in a container of a runtime of the OCI meet on one process,
// and with tracers outside: nothing in the container knows of the owner.
func TestContainer(t *testing.T) {
	dir, _, log := runtimeOwner(t)
	copyTo(t, tick, filepath.Join(dir, "tick"))
	bundle(t, dir, brought(t, dir), `exec 2>&1
/t/tick >/dev/null & T=$!
strace -o /t/log -p $T & S=$!
until grep -q write /t/log; do sleep 0.05; done
gdb -nx -batch -p $T -ex 'break tick' -ex continue -ex bt -ex 'info threads' -ex detach
echo observe $T >/t/ready; read x
kill -INT $S; wait $S
strace -f -o /t/outer strace -f -o /t/inner sh -c 'exit 3'; echo status $?
strace -f -o /dev/null sh -c 'while read k v; do [ $k = TracerPid: ] && echo traced by $v, child of $PPID; done </proc/self/status'
kill -KILL $T`)
	p, input := contained(t, dir)
	until(t, "the debugger in the container", func() bool { return lines(filepath.Join(dir, "ready"), "observe") == 1 })

	// From outside: who is there, and what the program does.
	inside := tickOf(t, dir)
	outside := func(args ...string) string {
		cmd := exec.Command(utrace, args...)
		cmd.Env = append(os.Environ(), "UTRACE_SOCKET="+filepath.Join(dir, "run/owner"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v", cmd, err)
		}
		return string(out)
	}
	if out := outside("ps"); !strings.Contains(out, inside) || !strings.Contains(out, "ptrace by process") {
		t.Errorf("utrace ps does not tell of the container's tracer:\n%s", out)
	}
	if out := outside("stack", inside); !strings.Contains(out, "in tick") || !strings.Contains(out, "in libc.so.6") {
		t.Errorf("the stack of a program in a container:\n%s", out)
	}
	core := filepath.Join(dir, "core")
	outside("core", "-o", core, inside)
	if info, err := os.Stat(core + "." + inside); err != nil || info.Size() == 0 {
		t.Errorf("the core of a program in a container: %v", err)
	}
	trace := filepath.Join(dir, "from-outside")
	tracer := newProcess(t, utrace, "strace", "-y", "-o", trace, "-p", inside)
	tracer.cmd.Env = append(os.Environ(), "UTRACE_SOCKET="+filepath.Join(dir, "run/owner"))
	tracer.begin(&tracer.out)
	until(t, "a trace from outside", func() bool { return lines(trace, "write(1</dev/null") > 0 })
	tracer.cmd.Process.Signal(syscall.SIGINT)
	tracer.wait()

	fmt.Fprintln(input, "go on")
	if state := p.wait(); !state.Success() {
		t.Errorf("the container ended with %v", state)
	}
	out := p.out.String()
	for _, want := range []string{"tick (", "LWP ", "status 3"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the container's output", want)
		}
	}
	var tracerPID, parent int
	if _, after, ok := strings.Cut(out, "traced by "); ok {
		fmt.Sscanf(after, "%d, child of %d", &tracerPID, &parent)
	}
	if tracerPID == 0 || tracerPID != parent {
		t.Errorf("the program is traced by %d and a child of its tracer %d", tracerPID, parent)
	}
	if n := lines(filepath.Join(dir, "log"), "SIGTRAP"); n != 0 {
		t.Errorf("strace has seen %d traps of the debugger", n)
	}
	for _, log := range []string{"outer", "inner"} {
		if lines(filepath.Join(dir, log), "exit_group(3)") != 1 {
			t.Errorf("the log %s does not have the end of the shell", log)
		}
	}
	if t.Failed() {
		said, _ := os.ReadFile(log)
		t.Logf("the container said:\n%s\nthe owner: %s", out, said)
	}
}

// A container without a filter reaches the owner outside by its socket, and meets
// tracers outside on its processes.
func TestContainerWithSocket(t *testing.T) {
	dir, _, _ := runtimeOwner(t)
	copyTo(t, tick, filepath.Join(dir, "tick"))
	copyTo(t, utrace, filepath.Join(dir, "utrace"))
	bundle(t, dir, nil, `exec 2>&1; export UTRACE_SOCKET=/t/run/owner
/t/tick >/dev/null & T=$!
/t/utrace run strace -o /t/log -p $T & S=$!
until grep -q write /t/log; do sleep 0.05; done
echo >/t/ready; read x
kill -INT $S; wait $S
kill -KILL $T`)
	p, input := contained(t, dir)
	until(t, "the tracer in the container", func() bool { return lines(filepath.Join(dir, "ready"), "") == 1 })
	trace := filepath.Join(dir, "from-outside")
	tracer := newProcess(t, utrace, "run", "strace", "-o", trace, "-p", tickOf(t, dir))
	tracer.cmd.Env = append(os.Environ(), "UTRACE_SOCKET="+filepath.Join(dir, "run/owner"))
	tracer.begin(&tracer.out)
	until(t, "a trace from outside", func() bool { return lines(trace, "write(1") > 0 })
	grows(t, filepath.Join(dir, "log"), "write(1")
	tracer.cmd.Process.Signal(syscall.SIGINT)
	tracer.wait()
	fmt.Fprintln(input, "go on")
	if state := p.wait(); !state.Success() || !strings.Contains(p.out.String(), "detached") {
		t.Errorf("the container ended with %v:\n%s", state, p.out.String())
	}
}

// The system calls of a container go on when the owner is killed, and its tracers
// are served by the successor.
func TestContainerOutlivesOwner(t *testing.T) {
	dir, owner, _ := runtimeOwner(t)
	bundle(t, dir, brought(t, dir), `exec 2>&1; echo >/t/ready; read x
(exit 4); echo status $?
strace -o /t/log sh -c 'exit 5'; echo status $?`)
	p, input := contained(t, dir)
	until(t, "the container", func() bool { return lines(filepath.Join(dir, "ready"), "") == 1 })
	owner.cmd.Process.Kill()
	owner.wait()
	fmt.Fprintln(input, "go on")
	if state := p.wait(); !state.Success() || p.out.String() != "status 4\nstatus 5\n" {
		t.Errorf("the container ended with %v:\n%s", state, p.out.String())
	}
	if lines(filepath.Join(dir, "log"), "exit_group(5)") != 1 {
		t.Error("the trace does not have the end of the shell")
	}
	// The runtime finds the successor, too.
	bundle(t, dir, brought(t, dir), `strace -o /t/log2 true`)
	again, _ := contained(t, dir)
	if state := again.wait(); !state.Success() || lines(filepath.Join(dir, "log2"), "exit_group(0)") != 1 {
		t.Errorf("another container ended with %v:\n%s", state, again.out.String())
	}
	endOwner(t, filepath.Join(dir, "run/owner"))
}

// A runtime that says nothing of use is told to the owner's standard error, and
// harms nobody.
func TestRuntimeThatBabbles(t *testing.T) {
	dir, _, log := runtimeOwner(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, c := range []struct {
		text string
		fds  []int
	}{
		{"", nil}, {"{", nil}, {"[]", nil}, {`{"fds":[]}`, nil}, {`{"fds":["seccompFd"]}`, nil},
		{`{"fds":["other"],"state":{"id":"x"}}`, []int{int(null.Fd())}},
		{`{"fds":["seccompFd"],"state":{"id":"x"}}`, []int{int(null.Fd())}},
		{strings.Repeat(" ", 2<<20), nil},
	} {
		before := lines(log, "serve a container")
		conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: filepath.Join(dir, "run/oci"), Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		var rights []byte
		if c.fds != nil {
			rights = syscall.UnixRights(c.fds...)
		}
		_, _, _ = conn.WriteMsgUnix([]byte(c.text), rights, nil)
		_ = conn.CloseWrite()
		_, _ = conn.Read(make([]byte, 1)) // until the owner has closed
		conn.Close()
		until(t, "a complaint", func() bool { return lines(log, "serve a container") > before })
	}
	c, err := client.Dial(filepath.Join(dir, "run/owner"))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// tickOf is the id that the program in a container has outside.
func tickOf(t *testing.T, dir string) string {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	for child := range bytes.FieldsSeq(children) {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%s/exe", child)); err == nil && exe == "/t/tick" {
			return string(child)
		}
	}
	t.Fatalf("none of the processes %s is it", children)
	return ""
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// endOwner ends an owner that this test has not started itself, and waits for that.
func endOwner(t *testing.T, socket string) {
	t.Helper()
	c, err := client.Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := c.Hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	_ = syscall.Kill(hello.PID, syscall.SIGTERM)
	until(t, "the owner's end", func() bool { return syscall.Kill(hello.PID, 0) != nil })
}
