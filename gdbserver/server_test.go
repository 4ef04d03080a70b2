//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"bytes"
	"context"
	"debug/elf"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/host"
)

// program is the test program, compiled once.
func program(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "threads")
	if out, err := exec.Command("cc", "-g", "-O1", "-no-pie", "-pthread", "-o", file, "testdata/threads.c").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return file
}

// symbols are the addresses of a program that is not position independent.
func symbols(t testing.TB, file string) map[string]uint64 {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]uint64{}
	for _, s := range list {
		at[s.Name] = s.Value
		if f.Machine == elf.EM_PPC64 { // where the program itself enters (64-Bit ELF V2 ABI)
			at[s.Name] += 1 << (s.Other >> 5) >> 2 << 2
		}
	}
	return at
}

// served is a server that runs a program.
type served struct {
	t      testing.TB
	core   *utrace.Core
	server *gdbserver.Server
	addr   string
	file   string
	at     map[string]uint64
	log    lockedBuffer
}

func serve(t testing.TB, options gdbserver.Options, args ...string) *served {
	t.Helper()
	s := &served{t: t, file: program(t)}
	s.at = symbols(t, s.file)
	core, err := host.Open(utrace.Options{OnFault: func(thread int, err error) { t.Errorf("fault on thread %d: %v", thread, err) }})
	if err != nil {
		t.Fatal(err)
	}
	s.core = core
	options.Log, options.NoShell, options.Quiet = &s.log, true, true
	s.server = gdbserver.New(core, options)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(context.Background(), l, false) }()
	t.Cleanup(func() {
		if err := s.server.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := core.Close(); err != nil {
			t.Error(err)
		}
	})
	if !options.Multi {
		if err := s.server.Run(t.Context(), append([]string{s.file}, args...)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// observers has clients come that may only look, to the address that it returns.
func (s *served) observers() (addr string) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(context.Background(), l, true) }()
	s.t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// client connects, and says hello.
func (s *served) client() *client {
	s.t.Helper()
	return s.clientAt(s.addr)
}

func (s *served) clientAt(addr string) *client {
	s.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	c := &client{Client: rsp.NewClient(conn), t: s.t, conn: conn}
	features, err := c.Hello()
	if err != nil {
		s.t.Fatal(err)
	}
	if !features.Has("multiprocess") || !features.Has("QNonStop") {
		s.t.Errorf("features: %v", features)
	}
	return c
}

type client struct {
	*rsp.Client
	t    testing.TB
	conn net.Conn
}

func (c *client) ask(packet string) string {
	c.t.Helper()
	reply, err := c.Exchange([]byte(packet))
	if err != nil {
		c.t.Fatalf("%s: %v", packet, err)
	}
	return string(reply)
}

func (c *client) want(packet, reply string) {
	c.t.Helper()
	if got := c.ask(packet); got != reply {
		c.t.Fatalf("%s: %q, want %q", packet, got, reply)
	}
}

func (c *client) stop(packet string) rsp.Stop {
	c.t.Helper()
	return c.parse(c.ask(packet))
}

func (c *client) parse(reply string) rsp.Stop {
	c.t.Helper()
	s, err := rsp.ParseStop([]byte(reply))
	if err != nil {
		c.t.Fatalf("%q is no stop reply", reply)
	}
	return s
}

// await receives the stop reply of an earlier resume.
func (c *client) await() rsp.Stop {
	c.t.Helper()
	reply, err := c.Receive()
	if err != nil {
		c.t.Fatal(err)
	}
	return c.parse(string(reply))
}

func (c *client) resume() {
	c.t.Helper()
	if err := c.Send([]byte("vCont;c")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) breakAt(addr uint64, more ...[]byte) {
	c.t.Helper()
	p := rsp.Point{Insert: true, Type: rsp.Software, Addr: addr, Kind: 1, Conditions: more}
	c.want(string(p.AppendTo(nil)), "OK")
}

// A program is run to a breakpoint, looked at, changed, stepped, and to its end.
func TestAllStop(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	first := c.stop("?")
	if first.Signal != 5 || first.Thread.PID == 0 {
		t.Fatalf("at the start: %+v", first)
	}
	c.breakAt(s.at["f"])
	hit := c.stop("vCont;c")
	if hit.Reason != rsp.SoftwareBreak || len(hit.Registers) != 3 {
		t.Fatalf("at the breakpoint: %+v", hit)
	}
	search := rsp.Search{Addr: s.at["pattern"], Length: 64, Pattern: []byte("hay")}
	c.want(string(search.AppendTo(nil)), "1,"+string(rsp.AppendNumber(nil, s.at["pattern"]+12)))
	text := rsp.Memory{Letter: 'm', Addr: s.at["pattern"], Length: 6}
	c.want(string(text.AppendTo(nil)), "6e6565646c65")
	write := rsp.Memory{Letter: 'X', Addr: s.at["pattern"], Data: []byte("}#$*")}
	c.want(string(write.AppendTo(nil)), "OK")
	c.want(string(text.AppendTo(nil)), "7d23242a6c65")
	if _, err := c.Exchange([]byte("m0,4")); err == nil {
		t.Error("there is memory at 0")
	}
	z := rsp.Point{Type: rsp.Software, Addr: s.at["f"], Kind: 1}
	c.want(string(z.AppendTo(nil)), "OK")
	end := rsp.Memory{Letter: 'X', Addr: s.at["stop"], Data: []byte{1}}
	c.want(string(end.AppendTo(nil)), "OK")
	if last := c.stop("vCont;c"); last.Reason != rsp.Exited || last.Code != 7 {
		t.Errorf("the end: %+v", last)
	}
}

func TestRegisters(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	c.stop("?")
	xml := c.ask("qXfer:features:read:target.xml:0,20000")
	words := map[string][]string{
		"amd64":   {"org.gnu.gdb.i386.core", "org.gnu.gdb.i386.linux", `name="rip"`, `name="mxcsr"`},
		"arm64":   {"org.gnu.gdb.aarch64.core", `name="cpsr" bitsize="32"`, `name="fpsr"`, `31" bitsize=`, `name="tpidr"`},
		"ppc64le": {"org.gnu.gdb.power.core", "org.gnu.gdb.power.vsx", `name="pc"`, `name="vs31h"`, `name="cr" bitsize="32"`},
	}
	for _, word := range words[runtime.GOARCH] {
		if !strings.Contains(xml, word) {
			t.Errorf("the description has no %s", word)
		}
	}
	all := c.ask("g")
	c.want("G"+all, "OK")
	c.want("g", all)
	if all[:16] != c.ask("p0") {
		t.Error("p and g differ")
	}
	c.want("P3=8877665544332211", "OK")
	c.want("p3", "8877665544332211")
	before := c.stop("?").Registers[2].Value
	step := c.stop("vCont;s:" + string(c.stop("?").Thread.AppendTo(nil, true)))
	if step.Signal != 5 || bytes.Equal(step.Registers[2].Value, before) {
		t.Errorf("a step: %+v", step)
	}
}
