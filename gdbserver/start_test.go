//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
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

// A program that was started stands behind the call that has executed it: the register of
// the call's result has the result, and keeps what is written into it.
func TestStartBehindExec(t *testing.T) {
	result := map[string]int{"ppc64le": 3}[runtime.GOARCH] // of the others the first one
	number := func(v uint64) string { return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, v)) }
	read := fmt.Sprintf("p%x", result)
	write := func(c *client, register int, v uint64) { c.want(fmt.Sprintf("P%x=%s", register, number(v)), "OK") }
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	for _, shell := range []string{"0", "1"} {
		c.want("QStartupWithShell:"+shell, "OK")
		first := c.stop(string(rsp.Run{Path: s.file}.AppendTo(nil)))
		c.want(read, number(0))
		write(c, result, 0x1122334455667788)
		write(c, first.Registers[2].Number, s.at["f"]) // no function begins with a change of the other one
		step := c.stop("vCont;s:" + string(first.Thread.AppendTo(nil, true)))
		pc := binary.LittleEndian.Uint64(step.Registers[2].Value)
		if beyond := pc - s.at["f"]; step.Signal != 5 || beyond == 0 || beyond > 16 {
			t.Errorf("shell %s: a step from %#x: %+v", shell, s.at["f"], step)
		}
		c.want(read, number(0x1122334455667788))
		c.want(string(rsp.Process{Name: "vKill", PID: first.Thread.PID}.AppendTo(nil)), "OK")
	}
}
