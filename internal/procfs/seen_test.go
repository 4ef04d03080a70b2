package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// What another process has at /proc is read if it is a proc, and nothing else is.
func TestReadSeen(t *testing.T) {
	own := fmt.Sprintf("%d/status", os.Getpid())
	text, err := ReadSeen(os.Getpid(), own)
	if err != nil || !bytes.Contains(text, []byte(fmt.Sprintf("\nPid:\t%d\n", os.Getpid()))) {
		t.Errorf("%s: %v: %s", own, err, text)
	}
	for _, name := range []string{"self/status", "../etc/passwd", "1/root/etc/passwd", "nothing"} {
		if text, err := ReadSeen(os.Getpid(), name); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("the rest takes root, to have other folders")
	}
	// Where another file system lies over /proc, it is not asked.
	cmd := exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && echo && read x")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = out.Read(make([]byte, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err := ReadSeen(cmd.Process.Pid, own); !errors.Is(err, syscall.EXDEV) {
		t.Errorf("with a tmpfs at /proc: %v: %s", err, text)
	}
	in.Close()
	_ = cmd.Wait()
}
