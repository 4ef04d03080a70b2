package launch

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/testpty"
)

// A program that is the foreground of its terminal, or is not, as asked.
func TestForeground(t *testing.T) {
	_, slave := testpty.Open(t)
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{nil, "launcher launcher"},
		{[]string{"-foreground"}, "program program"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		args := append(test.flags, "/bin/sh", "-c", `set -- $$ $(cat /proc/$$/stat); echo $1 $6 $9 >&3`)
		cmd := exec.Command(withEntry, args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		cmd.ExtraFiles = []*os.File{w}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		var program, group, foreground int
		if _, err := fmt.Fscan(r, &program, &group, &foreground); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		names := map[int]string{program: "program", cmd.Process.Pid: "launcher"}
		if got := strings.Join([]string{names[group], names[foreground]}, " "); got != test.want {
			t.Errorf("flags %q: group %d, foreground %d, program %d, launcher %d", test.flags, group, foreground, program, cmd.Process.Pid)
		}
	}
}

func TestForegroundWithoutTerminal(t *testing.T) {
	cmd := exec.Command(withEntry, "-foreground", "/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 125 || !strings.Contains(string(out), "/dev/tty") {
		t.Errorf("%q, %v", out, err)
	}
}
