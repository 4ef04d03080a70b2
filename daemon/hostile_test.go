package daemon_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/client"
)

const helloLine = `{"jsonrpc":"2.0","id":1,"method":"owner.hello"}` + "\n"

// raw connects to the owner without a client.
func raw(t *testing.T) *net.UnixConn {
	t.Helper()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: api.SocketPath(), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// hostile are things that a broken client may do to a connection. Each returns when
// the client has ended it, or when the owner has, which is waited for only so long.
var hostile = map[string]func(t *testing.T, c *net.UnixConn){
	"a line without an end": func(_ *testing.T, c *net.UnixConn) {
		for {
			if _, err := c.Write([]byte(strings.Repeat("[", 1<<16))); err != nil {
				return
			}
		}
	},
	"nesting": func(_ *testing.T, c *net.UnixConn) {
		fmt.Fprintf(c, `{"jsonrpc":"2.0","id":1,"method":"owner.hello","params":%s}`+"\n", strings.Repeat("[", api.MaxMessage/2))
		c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	},
	"descriptors that nobody wants": func(_ *testing.T, c *net.UnixConn) {
		fds := make([]int, 16)
		for i := range fds {
			fds[i] = int(os.Stdin.Fd())
		}
		for {
			if _, _, err := c.WriteMsgUnix([]byte(helloLine), syscall.UnixRights(fds...), nil); err != nil {
				return
			}
		}
	},
	"descriptors that do not come": func(_ *testing.T, c *net.UnixConn) {
		fmt.Fprintln(c, `{"jsonrpc":"2.0","id":1,"fds":8,"method":"vptrace.adopt"}`)
		c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	},
	"descriptors of the wrong kind": func(t *testing.T, c *net.UnixConn) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Close()
		defer w.Close()
		_, _, _ = c.WriteMsgUnix([]byte(`{"jsonrpc":"2.0","id":1,"fds":1,"method":"vptrace.adopt"}`+"\n"), syscall.UnixRights(int(r.Fd())), nil)
		c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	},
	"one byte at a time": func(t *testing.T, c *net.UnixConn) {
		for i := range helloLine {
			if _, err := c.Write([]byte{helloLine[i]}); err != nil {
				t.Error(err)
			}
		}
		c.CloseWrite()
		if answer, err := io.ReadAll(c); err != nil || !strings.Contains(string(answer), `"result"`) {
			t.Errorf("a request byte by byte is answered by %q, %v", answer, err)
		}
	},
	"half a request": func(_ *testing.T, c *net.UnixConn) {
		fmt.Fprint(c, helloLine[:20])
		c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	},
	"questions without listening": func(_ *testing.T, c *net.UnixConn) {
		for {
			if _, err := c.Write([]byte(strings.Repeat(helloLine, 100))); err != nil {
				return
			}
		}
	},
}

// TestHostileClients: whatever clients do, the owner serves the others meanwhile, and
// has no more descriptors and hardly more memory afterwards.
func TestHostileClients(t *testing.T) {
	newMortal(t)
	c, err := client.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hello, err := c.Hello(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	files := func() int {
		list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", hello.PID))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := files()
	var group sync.WaitGroup
	for name, do := range hostile {
		for range 4 {
			conn := raw(t)
			group.Go(func() {
				begin := time.Now()
				if do(t, conn); time.Since(begin) >= patience {
					t.Errorf("%s: the owner keeps the connection", name)
				}
				conn.Close()
			})
		}
	}
	over := make(chan struct{})
	go func() { group.Wait(); close(over) }()
	for busy := true; busy; {
		begin := time.Now()
		if _, err := c.List(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > patience/4 {
			t.Errorf("a request took %v", took)
		}
		select {
		case <-over:
			busy = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	until(t, "the end of the connections", func() bool { return files() <= before+2 })
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", hello.PID))
	if err != nil {
		t.Fatal(err)
	}
	var peak int // kB
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(rest, &peak)
	if peak == 0 || peak > 400<<10 {
		t.Errorf("the owner has grown to %d kB", peak)
	}
	t.Logf("peak %d kB, %d descriptors before, %d after", peak, before, files())
}
