//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// The working directory of programs is what the client says, with "~" for a home.
func TestWorkingDirectory(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	for dir, want := range map[string]string{"~": home, "~/": home, "~/sub": home + "/sub", "~" + me.Username: me.HomeDir, home: home} {
		c.want(string(rsp.Environment{Name: "QSetWorkingDir", Text: dir}.AppendTo(nil)), "OK")
		pid := c.stop(string(rsp.Run{Path: s.file}.AppendTo(nil))).Thread.PID
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", dir, got, err, want)
		}
		c.want(string(rsp.Process{Name: "vKill", PID: pid}.AppendTo(nil)), "OK")
	}
}
