//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
)

// Hostile peers: whatever one sends, the other clients are served.
func TestHostilePeers(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	c.stop("?")
	var peers []net.Conn
	for name, noise := range map[string]string{
		"noise":      "\x00\xff+-$$$###\x03\x03%%",
		"half":       "$qSupported",
		"long":       "$" + strings.Repeat("x", 1<<20) + "#00",
		"bad sum":    "$g#00$g#00$g#00",
		"malformed":  "$vCont;#49$m#6d$G#47$Hgzz#a3$Z0#8a$qXfer:#dd$vFile:#1c$X0,ffffffff:#00$p-1#ce$vRun;zz#80$D;#7f",
		"unread":     strings.Repeat(string(rsp.AppendPacket(nil, []byte("qXfer:features:read:target.xml:0,20000"))), 2000),
		"all at one": strings.Repeat("$?#3f", 1000),
		"waiting":    "$?#3f$vCont;c#a8",
	} {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		peers = append(peers, conn)
		conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
		conn.Write([]byte(noise)) // a peer that is not served any more is refused
		if name == "half" || name == "waiting" {
			conn.(*net.TCPConn).CloseWrite()
		}
		c.want("T"+string(c.stop("?").Thread.AppendTo(nil, true)), "OK")
	}
	// One that sends a byte at a time is a client like any other.
	slow, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for i := range len("$T1#85") {
		slow.Write([]byte("$T1#85"[i : i+1]))
		c.stop("?")
	}
	reply := make([]byte, len("+$E01#a6"))
	slow.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(slow, reply); err != nil || string(reply) != "+$E01#a6" {
		t.Errorf("byte by byte: %q, %v", reply, err)
	}
	// Nothing of them stays, and the program goes on for those who do.
	for _, conn := range append(peers, slow) {
		conn.Close()
	}
	for clients := 2; clients != 1; {
		clients = 0
		for text := c.ask("qRcmd," + fmt.Sprintf("%x", "clients")); text != "OK"; {
			line, _ := rsp.Hex(nil, []byte(strings.TrimPrefix(text, "O")))
			clients += strings.Count(string(line), "process")
			next, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			text = string(next)
		}
	}
	c.breakAt(s.at["f"])
	if hit := c.stop("vCont;c"); hit.Reason != rsp.SoftwareBreak {
		t.Errorf("afterwards: %+v", hit)
	}
}

// children are the programs that were started here and have not ended.
func children(t *testing.T, name string) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		var pid int
		if _, err := fmt.Sscan(entry.Name(), &pid); err != nil {
			continue
		}
		if s, err := procfs.ReadStatus(pid); err == nil && s.Parent == os.Getpid() && s.Name == name && s.State != 'Z' {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Who starts a program and hangs up leaves a program that the next client gets, or none:
// never one that stands for ever and belongs to nobody.
func TestHangUpWhileStarting(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	run := rsp.AppendPacket(nil, rsp.Run{Path: s.file}.AppendTo(nil))
	for i := range 30 {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(run); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 300 * time.Microsecond) // the start takes some milliseconds
		conn.Close()
	}
	for end := time.Now().Add(20 * time.Second); ; {
		c := s.client()
		for c.ask("?") != "W00" {
			c.want(string(rsp.Process{Name: "vKill", PID: c.stop("?").Thread.PID}.AppendTo(nil)), "OK")
		}
		c.conn.Close()
		left := children(t, "threads")
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("processes %d belong to nobody", left)
		}
	}
}

// When all descriptors are taken those who are connected are served, and who comes
// later is, too.
func TestNoDescriptors(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	c.stop("?")
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	few := syscall.Rlimit{Cur: uint64(len(open) + 20), Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	var peers []net.Conn
	for range 100 {
		if conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second); err == nil {
			peers = append(peers, conn)
		}
	}
	c.stop("?")
	for _, conn := range peers {
		conn.Close()
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	late := s.client()
	late.stop("?")
}
