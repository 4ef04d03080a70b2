package daemon

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/vptrace"
)

// pair makes two ends of a connection.
func pair(t testing.TB) (a, b *net.UnixConn) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	end := func(fd int) *net.UnixConn {
		f := os.NewFile(uintptr(fd), "end")
		defer f.Close()
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		return c.(*net.UnixConn)
	}
	return end(fds[0]), end(fds[1])
}

// FuzzSession feeds a session what a broken client might send.
func FuzzSession(f *testing.F) {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		f.Fatal(err)
	}
	defer core.Close()
	o := &owner{core: core, server: vptrace.New(core)}
	for method := range methods {
		f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{"attachment":1,"thread":1,"seq":1}}` + "\n"))
	}
	f.Add([]byte("{}\n\n[1]\n\"\n"))
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"fds":-1,"method":"vptrace.adopt"}` + "\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		ours, theirs := pair(t)
		go func() {
			theirs.Write(input)
			theirs.CloseWrite()
			io.Copy(io.Discard, theirs)
			theirs.Close()
		}()
		o.newSession(context.Background(), ours, peer{pid: os.Getpid()}).serve()
	})
}
