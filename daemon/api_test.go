package daemon_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
)

func dial(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// held starts a shell that waits for a line before it runs the script.
func held(t *testing.T, script string) (*process, func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command("sh", "-c", "read line; "+script), done: make(chan error, 1)}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = r, &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { w.Close(); p.cmd.Process.Kill(); p.wait() })
	return p, func() { fmt.Fprintln(w) }
}

func (p *process) number() int { return p.cmd.Process.Pid }

// TestAPI_Syscalls: a client decides about system calls of a process tree: one
// is not made, one returns something else.
func TestAPI_Syscalls(t *testing.T) {
	c, ctx := dial(t), context.Background()
	p, begin := held(t, `cat /etc/hostname; (kill -USR1 $$); echo over`)
	var a *client.Attachment
	attached := make(chan struct{})
	events := map[string]int{}
	const openat, kill = 257, 62
	a, err := c.Attach(ctx, api.Attach{
		Thread: p.number(), Scope: api.ScopeTree, Name: "decider",
		Events: []string{"syscall-entry", "syscall-exit", "exec", "death", "clone"}, Wait: []string{"syscall-entry", "syscall-exit"},
		Timeout: -1,
	}, func(ev *api.Event) {
		<-attached
		events[ev.Event]++
		answer := api.Answer{Seq: ev.Seq}
		result := int64(0)
		switch {
		case !ev.Waits:
			return
		case ev.Event == "syscall-entry" && *ev.Number == openat && opens(t, c, ev, a, "/etc/hostname"):
			result = -int64(syscall.EACCES)
			answer.Call, answer.Result = "abort", &result
		case ev.Event == "syscall-entry" && *ev.Number == kill && ev.Args[1] == api.Uint64(syscall.SIGUSR1):
			answer.Args = append([]api.Uint64{ev.Args[0], 0}, ev.Args[2:]...) // signal 0 only asks
		}
		if err := a.Answer(ctx, answer); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Errorf("answer to %s: %v", ev.Event, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	close(attached)
	begin()
	state := p.wait()
	<-a.Done()
	if out := p.out.String(); !strings.Contains(out, "Permission denied") || !strings.HasSuffix(out, "over\n") || !state.Success() {
		t.Errorf("the shell ended with %v, and printed:\n%s", state, out)
	}
	if events["clone"] == 0 || events["death"] < 2 || events["exec"] == 0 {
		t.Errorf("the events were %v", events)
	}
}

// opens reports whether a call is about a path, read in the owner.
func opens(t *testing.T, c *client.Client, ev *api.Event, a *client.Attachment, path string) bool {
	var m api.Memory
	err := c.Call(context.Background(), api.MethodRead, api.Read{
		Attachment: a.Attachment, Thread: ev.Thread, Ranges: []api.Range{{Addr: ev.Args[1], Len: len(path) + 1}},
	}, &m)
	if err != nil {
		t.Errorf("read the path: %v", err)
		return false
	}
	return string(m.Data[0]) == path+"\x00"
}

// TestAPI_State: registers by name and by set, memory in the answer and in a
// descriptor, and what is written is there.
func TestAPI_State(t *testing.T) {
	c, ctx := dial(t), context.Background()
	p := ticker(t)
	a, err := c.Attach(ctx, api.Attach{Thread: p.number(), Name: "looker", Events: []string{"quiesce"}, Wait: []string{"quiesce"}, Timeout: -1}, func(*api.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Control(ctx, p.number(), "stop"); err != nil {
		t.Fatal(err)
	}
	var named, set api.RegisterValues
	const prstatus = 1
	err = errors.Join(
		c.Call(ctx, api.MethodRegs, api.Registers{Attachment: a.Attachment, Thread: p.number(), Names: []string{"rip", "rsp"}}, &named),
		c.Call(ctx, api.MethodRegs, api.Registers{Attachment: a.Attachment, Thread: p.number(), Note: prstatus}, &set))
	if err != nil {
		t.Fatal(err)
	}
	rip, _ := strconv.ParseUint(named.Values["rip"], 16, 64)
	if named.ABI != "x86_64" || len(set.Data) != 27*8 || rip == 0 || binary.LittleEndian.Uint64(set.Data[16*8:]) != rip {
		t.Errorf("rip is %v by name, and the set is %x", named, set.Data)
	}
	rsp, _ := strconv.ParseUint(named.Values["rsp"], 16, 64)
	want := []byte("written by a client")
	at := api.Uint64(rsp - 4096) // below the red zone: nobody's
	var written api.Written
	write := api.Write{Attachment: a.Attachment, Thread: p.number(), Addr: at, Data: want}
	if err := c.Call(ctx, api.MethodWrite, write, &written); err != nil || written.Len != len(want) {
		t.Fatalf("write: %d bytes, %v", written.Len, err)
	}
	read := api.Read{Attachment: a.Attachment, Thread: p.number(), Ranges: []api.Range{{Addr: at, Len: len(want)}, {Addr: 8, Len: 16}, {Addr: at + 3, Len: 4}}}
	var inline, passed api.Memory
	if err := c.Call(ctx, api.MethodRead, read, &inline); err != nil || !bytes.Equal(inline.Data[0], want) || inline.Lengths[1] != 0 {
		t.Errorf("memory in the answer: %q of %v, %v", inline.Data, inline.Lengths, err)
	}
	read.Descriptor = true
	fds, err := c.CallFDs(ctx, api.MethodRead, read, &passed)
	if err != nil || len(fds) != 1 {
		t.Fatalf("memory in a descriptor: %v, %v", fds, err)
	}
	got := make([]byte, len(want)+16+4)
	n, err := syscall.Pread(fds[0], got, 0)
	syscall.Close(fds[0])
	if n != len(got) || err != nil || !bytes.Equal(got[:len(want)], want) || string(got[len(want)+16:]) != "tten" {
		t.Errorf("memory in a descriptor: %q, %v", got[:n], err)
	}
	list, err := c.List(ctx)
	found := false
	for _, x := range list {
		for _, e := range x.Engines {
			found = found || x.Thread == p.number() && strings.HasPrefix(e.Name, "looker") && e.Holds && e.Client == os.Getpid() && x.Stopped != ""
		}
	}
	if !found || err != nil {
		t.Errorf("the list says %+v, %v", list, err)
	}
	if err := a.Detach(ctx); err != nil {
		t.Fatal(err)
	}
	<-a.Done()
	untraced(t, p)
}

// TestAPI_ClientGone: what a client has stopped goes on when it is gone, and its
// breakpoint with it.
func TestAPI_ClientGone(t *testing.T) {
	p, ctx := ticker(t), context.Background()
	for range 3 {
		c := dial(t)
		hit := make(chan struct{}, 100)
		a, err := c.Attach(ctx, api.Attach{Thread: p.number(), Scope: api.ScopeProcess, Name: "debugger", Events: []string{"trap"}, Wait: []string{"trap"}, Timeout: -1},
			func(ev *api.Event) { hit <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		addr := symbol(t, tick, p.number(), "tick")
		if err := a.Control(ctx, 0, "stop"); err != nil {
			t.Fatal(err)
		}
		if err := c.Call(ctx, api.MethodPlant, api.Breakpoint{Attachment: a.Attachment, Thread: p.number(), Addr: addr}, nil); err != nil {
			t.Fatal(err)
		}
		if err := a.Control(ctx, 0, "resume"); err != nil {
			t.Fatal(err)
		}
		<-hit // and nobody answers
		c.Close()
		untraced(t, p)
	}
}

// symbol finds the address of a function.
func symbol(t *testing.T, program string, pid int, name string) api.Uint64 {
	t.Helper()
	out, err := exec.Command("nm", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	base, _ := strconv.ParseUint(string(maps[:bytes.IndexByte(maps, '-')]), 16, 64)
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[2] == name {
			addr, _ := strconv.ParseUint(f[0], 16, 64)
			if addr < base {
				addr += base
			}
			return api.Uint64(addr)
		}
	}
	t.Fatalf("%s has no symbol %s", program, name)
	return 0
}

// TestAPI_SlowReader: a client that reads nothing is given up, and its target
// runs on.
func TestAPI_SlowReader(t *testing.T) {
	t.Parallel()
	p := ticker(t)
	conn, err := net.Dial("unix", api.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	proof, err := os.OpenFile("/proc/"+p.pid()+"/mem", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer proof.Close()
	line := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"engine.attach","fds":1,"params":{"thread":%s,"scope":"process","name":"slow",`+
		`"events":["syscall-entry","syscall-exit"],"buffer":16,"timeout":100}}`+"\n", p.pid())
	if _, _, err := conn.(*net.UnixConn).WriteMsgUnix([]byte(line), syscall.UnixRights(int(proof.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the attachment", func() bool { return strings.Contains(tracerOf(p), "utrace") })
	untraced(t, p) // after the owner's patience
}

// tracerOf names the tracer of a process.
func tracerOf(p *process) string {
	status, _ := os.ReadFile("/proc/" + p.pid() + "/status")
	_, rest, _ := strings.Cut(string(status), "TracerPid:\t")
	pid, _, _ := strings.Cut(rest, "\n")
	comm, _ := os.ReadFile("/proc/" + pid + "/comm")
	return string(comm)
}

// TestAPI_BadInput: nonsense is answered with an error, and the owner lives.
func TestAPI_BadInput(t *testing.T) {
	for _, line := range []string{
		"", "{", "[]", "null", `{"jsonrpc":"2.0","id":1}`, `{"jsonrpc":"1.0","id":1,"method":"owner.hello"}`,
		`{"jsonrpc":"2.0","id":1,"method":"none"}`, `{"jsonrpc":"2.0","id":1,"method":"engine.attach","params":{"thred":1}}`,
		`{"jsonrpc":"2.0","id":1,"method":"engine.attach","params":{"thread":1,"events":["dance"]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"engine.attach","fds":1,"params":{}}`,
		`{"jsonrpc":"2.0","id":1,"method":"engine.answer","params":{"seq":7}}`,
		`{"jsonrpc":"2.0","id":1,"method":"memory.read","params":{"attachment":1,"thread":1,"ranges":[{"addr":"0x0","len":-1}]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"engine.control","params":{"attachment":-1,"action":"resume"}}`,
		strings.Repeat("x", api.MaxMessage+1),
	} {
		conn, err := net.Dial("unix", api.SocketPath())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintln(conn, line)
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if !bytes.Contains(buf[:max(n, 0)], []byte(`"error"`)) {
			t.Errorf("%.80q is answered by %q, %v", line, buf[:max(n, 0)], err)
		}
		conn.Close()
	}
	if _, err := dial(t).Hello(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestAPI_Proof: no attachment without the descriptor that proves the right.
func TestAPI_Proof(t *testing.T) {
	c, ctx := dial(t), context.Background()
	p, other := ticker(t), ticker(t)
	open := func(path string, flags int) int {
		f, err := syscall.Open(path, flags|syscall.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(f) })
		return f
	}
	for name, fds := range map[string][]int{
		"none":           {},
		"another file":   {open("/dev/null", os.O_RDWR)},
		"read-only":      {open("/proc/"+p.pid()+"/mem", os.O_RDONLY)},
		"another target": {open("/proc/"+other.pid()+"/mem", os.O_RDWR)},
	} {
		err := c.Call(ctx, api.MethodAttach, api.Attach{Thread: p.number(), Name: "x", Events: []string{"death"}}, nil, fds...)
		if err == nil || !errors.Is(err, syscall.EPERM) && name != "none" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The program is another one than when the file was opened.
	e, begin := held(t, "exec sleep 1000")
	stale := open("/proc/"+e.pid()+"/mem", os.O_RDWR)
	begin()
	until(t, "the exec", func() bool { b, _ := os.ReadFile("/proc/" + e.pid() + "/comm"); return string(b) == "sleep\n" })
	err := c.Call(ctx, api.MethodAttach, api.Attach{Thread: e.number(), Name: "x", Events: []string{"death"}}, nil, stale)
	if err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("with the descriptor of the program before the exec: %v", err)
	}
}
