//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// command sends what a user types behind "monitor", and returns what is printed and the
// reply that ends it.
func (c *client) command(line string) (printed, end string) {
	c.t.Helper()
	for err := c.Send(rsp.Command(line).AppendTo(nil)); ; {
		var reply []byte
		if err == nil {
			reply, err = c.Receive()
		}
		if err != nil {
			c.t.Fatal(err)
		}
		text, err := rsp.ParseOutput(reply)
		if err != nil {
			return printed, string(reply)
		}
		printed += string(text)
	}
}

// Commands do what gdbserver's do. A path in which libthread_db is not turns
// thread-local variables off.
func TestMonitor(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	c := s.client()
	name := string(c.stop("?").Thread.AppendTo([]byte("qGetTLSAddr:"), true)) + ",0,0"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libthread_db.so.1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, "$sdir:$pdir", ""} {
		if text, end := c.command("set libthread-db-search-path " + path); text != "libthread-db-search-path set to `"+path+"'\n" || end != "OK" {
			t.Errorf("%q, %q", text, end)
		}
		c.want(name, "") // gdb has not told where the library's descriptors are
		c.command("set libthread-db-search-path /nowhere")
		if _, err := c.Exchange([]byte(name)); err == nil {
			t.Error("there are thread-local variables without libthread_db")
		}
	}
	for line, want := range map[string]string{
		"help": "The following monitor commands", "set remote-debug 1": "Protocol debug output enabled.\n", "set remote-debug 0": "Protocol debug output disabled.\n",
		"clients": "process",
	} {
		if text, end := c.command(line); !strings.Contains(text, want) || end != "OK" {
			t.Errorf("%s: %q, %q", line, text, end)
		}
	}
	if text, end := c.command("nonsense"); !strings.HasPrefix(text, "Unknown monitor command.") || end != "E01" {
		t.Errorf("%q, %q", text, end)
	}
}
