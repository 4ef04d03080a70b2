//go:build linux && (amd64 || arm64 || ppc64le)

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// debugServer is a "utrace gdbserver" that listens.
type debugServer struct {
	*testing.T
	cmd  *exec.Cmd
	addr net.Addr
	// said is what it has printed after that.
	said chan string
}

// listening starts a server and waits until it says where it listens.
func listening(t *testing.T, cmd *exec.Cmd) *debugServer {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &debugServer{T: t, cmd: cmd, said: make(chan string, 1)}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	lines := bufio.NewReader(stderr)
	var before strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %s", err, &before)
		}
		before.WriteString(line)
		if rest, ok := strings.CutPrefix(line, "Listening on "); ok {
			port := 0
			if _, err := fmt.Sscanf(rest, "port %d", &port); err == nil {
				s.addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
			} else {
				s.addr = &net.UnixAddr{Net: "unix", Name: filepath.Join(cmd.Dir, strings.TrimSpace(rest))}
			}
			break
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		s.said <- string(rest)
	}()
	return s
}

// connect connects a debugger.
func (s *debugServer) connect() *debugger {
	s.Helper()
	conn, err := net.DialTimeout(s.addr.Network(), s.addr.String(), patience)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	d := &debugger{rsp.NewClient(conn), s.T, conn}
	d.ask("qSupported:multiprocess+") // and no stops for forks
	return d
}

// ends waits for the server's end and what it has printed.
func (s *debugServer) ends() (said string, status syscall.WaitStatus) {
	s.Helper()
	said = <-s.said
	s.cmd.Wait()
	return said, s.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

type debugger struct {
	*rsp.Client
	t *testing.T
	io.Closer
}

func (d *debugger) ask(packet string) string {
	d.t.Helper()
	reply, err := d.Exchange([]byte(packet))
	if err != nil {
		d.t.Fatalf("%s: %v", packet, err)
	}
	return string(reply)
}

func (d *debugger) resume() {
	d.t.Helper()
	if err := d.Send([]byte("vCont;c")); err != nil {
		d.t.Fatal(err)
	}
}

// goesOn reports a trace that gets longer.
func goesOn(t *testing.T, what, file string) {
	t.Helper()
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, what, written(file, "wait4("))
}

// A debugger at "utrace gdbserver" and an unmodified strace have one process,
// whoever was first; the death of the server leaves the process running, and traced
// by the other.
func TestGdbserverShares(t *testing.T) {
	for _, serverFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("server first ", serverFirst), func(t *testing.T) {
			pid := target(t)
			file := filepath.Join(t.TempDir(), "trace")
			var strace *exec.Cmd
			trace := func() {
				strace, _ = background(t, "run", "--", "strace", "-o", file, "-p", fmt.Sprint(pid))
				eventually(t, "the trace", written(file, "wait4("))
			}
			if !serverFirst {
				trace()
			}
			s := listening(t, command(t, "gdbserver", "--attach", ":0", fmt.Sprint(pid)))
			d := s.connect()
			if stop := d.ask("?"); !strings.HasPrefix(stop, "T") {
				t.Errorf("it stopped with %q", stop)
			}
			list := utraceCommand(t, "ps").stdout
			if want := fmt.Sprintf("gdb, process %d", s.cmd.Process.Pid); !strings.Contains(list, want) {
				t.Errorf("utrace ps does not list %q:\n%s", want, list)
			}
			d.ask("QPassSignals:14") // gdb's number of SIGCHLD
			d.resume()
			if serverFirst {
				trace()
			}
			goesOn(t, "the trace beside the debugger", file)
			d.Interrupt()
			if reply, err := d.Receive(); err != nil || !strings.HasPrefix(string(reply), "T02") {
				t.Errorf("^C: %q, %v", reply, err)
			}
			s.cmd.Process.Kill()
			s.cmd.Wait()
			goesOn(t, "the trace after the server", file)
			strace.Process.Signal(syscall.SIGINT)
			strace.Wait()
			eventually(t, "the end of tracing", func() bool { return tracerOf(t, pid) == 0 })
			if err := syscall.Kill(pid, 0); err != nil {
				t.Errorf("the process is gone: %v", err)
			}
		})
	}
}

// The program is the called process's, and so are the socket and the files, although
// the server is in the owner.
func TestGdbserverPlace(t *testing.T) {
	dir := t.TempDir()
	cmd := command(t, "gdbserver", "--once", "./socket", "sh", "-c", "echo $PPID; pwd; umask; exit 7")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout = &out
	old := syscall.Umask(0o077)
	s := listening(t, cmd)
	syscall.Umask(old)
	if info, err := os.Stat(filepath.Join(dir, "socket")); err != nil || info.Mode() != os.ModeSocket|0o700 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	d := s.connect()
	d.ask("?")
	file := rsp.File{Op: "open", Path: "made", Flags: 0x201, Mode: 0o666} // FILEIO_O_CREAT|FILEIO_O_WRONLY
	if reply := d.ask(string(file.AppendTo(nil))); !strings.HasPrefix(reply, "F") || strings.HasPrefix(reply, "F-") {
		t.Errorf("open: %q", reply)
	}
	if info, err := os.Stat(filepath.Join(dir, "made")); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if end := d.ask("vCont;c"); !strings.HasPrefix(end, "W07") {
		t.Errorf("the end: %q", end)
	}
	d.Close()
	if said, status := s.ends(); status != 0 || !strings.Contains(said, "Child exited with status 7") {
		t.Errorf("the server ended with %#x: %s", status, said)
	}
	if want := fmt.Sprintf("%d\n%s\n0077\n", cmd.Process.Pid, dir); out.String() != want {
		t.Errorf("the program says %q; want %q", &out, want)
	}
	if _, err := os.Lstat(filepath.Join(dir, "socket")); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// ^C at the server ends it, and what it has started.
func TestGdbserverInterrupted(t *testing.T) {
	s := listening(t, command(t, "gdbserver", ":0", "sleep", "1000"))
	s.cmd.Process.Signal(syscall.SIGINT)
	if said, status := s.ends(); status != 0 || !strings.Contains(said, "Killing process(es): ") {
		t.Errorf("the server ended with %#x: %s", status, said)
	}
}

// Over standard input and output there is one client; the program's output goes to
// standard error.
func TestGdbserverStdio(t *testing.T) {
	cmd := command(t, "gdbserver", "-", "sh", "-c", "echo said; read x; exit 3")
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = theirs, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	defer ours.Close()
	ours.SetReadDeadline(time.Now().Add(patience))
	d := &debugger{rsp.NewClient(struct {
		io.Reader
		io.Writer
	}{ours, in}), t, in}
	if _, err := d.Hello(); err != nil {
		t.Fatal(err)
	}
	if end := d.ask("vCont;c"); !strings.HasPrefix(end, "W03") {
		t.Errorf("the end: %q", end)
	}
	d.Close()
	if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), "\nsaid\n") {
		t.Errorf("%v: %s", err, &said)
	}
}

// When the owner is killed, what was debugged runs on, and the server's end is that of
// the program that it has started.
func TestGdbserverOwnerDies(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "owner")
	cmd := command(t, "gdbserver", ":0", "sh", "-c", "read x; exit 5")
	cmd.Env = append(cmd.Env, "UTRACE_SOCKET="+socket)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := listening(t, cmd)
	c, err := client.Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := c.Hello(t.Context())
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(hello.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("\n"))
	if said, status := s.ends(); status.ExitStatus() != 5 || !strings.Contains(said, "the owner process has ended") {
		t.Errorf("the server ended with %#x: %s", status, said)
	}
	ownerEnds(t, socket)
}

// With --private the server traces by itself, and is the parent and the tracer.
func TestGdbserverPrivate(t *testing.T) {
	s := listening(t, command(t, "gdbserver", "--private", "--once", ":0", "sh", "-c", "while read k v; do [ $k = TracerPid: ] && [ $v = $PPID ] && exit 9; done </proc/self/status"))
	d := s.connect()
	if end := d.ask("vCont;c"); !strings.HasPrefix(end, "W09") {
		t.Errorf("the end: %q", end)
	}
	d.Close()
	s.ends()
}
