package strace

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func describe(d FDDetail, fd uintptr) string {
	return string(d.describe(nil, os.Getpid(), int32(fd), make(peers)))
}

func TestDescribeFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a<b>\n\x019\x02\\\xff\t\"\x017")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := "<" + filepath.Dir(name) + `/a\74b\76\n\19\2\\\377\t\"\0017>`
	if got := describe(FDPath, f.Fd()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	os.Remove(name)
	if got := describe(allFDDetails, f.Fd()); got != want+"(deleted)" {
		t.Errorf("got %s, want %s(deleted)", got, want)
	}
	if got := describe(allFDDetails, 99999); got != "" {
		t.Errorf("a closed descriptor: %s", got)
	}
	if describeFDs(0) != nil {
		t.Error("a resolver for no details")
	}
}

func TestDescribeDevice(t *testing.T) {
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := describe(allFDDetails, f.Fd()); got != "</dev/null<char 1:3>>" {
		t.Error(got)
	}
	if got := describe(FDPath, f.Fd()); got != "</dev/null>" {
		t.Error(got)
	}
}

func TestDescribeSockets(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		var plain net.ListenConfig
		plain.SetMultipathTCP(false) // has tables of its own
		l, err := plain.Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		lf, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer lf.Close()
		cf, err := c.(*net.TCPConn).File()
		if err != nil {
			t.Fatal(err)
		}
		defer cf.Close()
		name := "TCP"
		if strings.HasPrefix(address, "[") {
			name = "TCPv6"
		}
		if got, want := describe(allFDDetails, lf.Fd()), fmt.Sprintf("<%s:[%s]>", name, l.Addr()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := describe(allFDDetails, cf.Fd()), fmt.Sprintf("<%s:[%s->%s]>", name, c.LocalAddr(), l.Addr()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := describe(FDPath, cf.Fd()); !strings.HasPrefix(got, "<socket:[") {
			t.Error(got)
		}
	}
}

// TestPeers: a socket whose peer has gone is known by it.
func TestPeers(t *testing.T) {
	p := make(peers)
	say := func(inode, text string) string { return string(p.remember([]byte("<"+text), 1, inode)) }
	for _, c := range []struct{ inode, text, want string }{
		{"5", "UNIX-STREAM:[5]", "<UNIX-STREAM:[5]"},
		{"5", "UNIX-STREAM:[5->6]", "<UNIX-STREAM:[5->6]"},
		{"6", "UNIX-STREAM:[6]", "<UNIX-STREAM:[6]"},
		{"5", "UNIX-STREAM:[5]", "<UNIX-STREAM:[5->6]"},
		{"5", "UNIX-STREAM:[5->7]", "<UNIX-STREAM:[5->7]"},
		{"5", "UNIX-STREAM:[5]", "<UNIX-STREAM:[5->7]"},
	} {
		if got := say(c.inode, c.text); got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.inode, c.text, got, c.want)
		}
	}
	for i := range 3 * peersLimit {
		say(strconv.Itoa(i), "TCP:[->]")
	}
	if len(p) > peersLimit {
		t.Errorf("%d are remembered", len(p))
	}
}
