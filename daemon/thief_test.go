package daemon_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/vptrace"
)

// thiefVariable in the environment has the test binary be a client of the owner at
// this socket who keeps a copy of its listener.
const thiefVariable = "UTRACE_TEST_THIEF"

// thiefMain has the owner serve its calls, and receives them as well: what one has
// received, the other one waits for.
func thiefMain(socket string) error {
	runtime.LockOSThread()
	// Its threads sleep in calls that the runtime does not know of.
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(-1)
	c, err := client.Dial(socket)
	if err != nil {
		return err
	}
	fd, err := vptrace.Filter()
	if err != nil {
		return err
	}
	if err := c.Adopt(context.Background(), fd); err != nil {
		return err
	}
	go func() {
		runtime.LockOSThread()
		l := notify.NewListener(fd)
		for {
			var call notify.Call
			if l.Receive(&call) == nil {
				_ = l.Return(call.ID, 0, syscall.ESRCH)
			}
		}
	}()
	for range 1000 {
		const cont = 7
		_, _, _ = syscall.RawSyscall6(syscall.SYS_PTRACE, cont, 1, 0, 0, 0, 0)
		ctx, cancel := context.WithTimeout(context.Background(), patience/4)
		_, err := c.List(ctx) // which the loop answers
		cancel()
		if err != nil {
			return fmt.Errorf("the owner is stuck: %w", err)
		}
	}
	fmt.Println("stolen")
	_, _ = os.Stdin.Read(make([]byte, 1))
	return nil
}

// TestThief: another user who receives from a listener that root's owner serves,
// too, does not keep the owner waiting.
func TestThief(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("takes root, to be others")
	}
	dir, _, _ := runtimeOwner(t)
	socket := filepath.Join(dir, "run/owner")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "run/thief")
	copyTo(t, self, program)
	for d := dir; d != os.TempDir(); d = filepath.Dir(d) { // as a service manager has it
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{filepath.Dir(socket): 0o755, socket: 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		thief := newProcess(t, program)
		thief.cmd.Env = append(os.Environ(), thiefVariable+"="+socket)
		thief.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4000001, Gid: 4000001}}
		log, err := os.Create(filepath.Join(dir, "thief.log"))
		if err != nil {
			t.Fatal(err)
		}
		input, err := thief.cmd.StdinPipe() // stays open
		if err != nil {
			t.Fatal(err)
		}
		defer input.Close()
		thief.begin(log)
		until(t, "the thief", func() bool {
			text, _ := os.ReadFile(log.Name())
			if len(text) != 0 && string(text) != "stolen\n" {
				t.Fatalf("the thief: %s", text)
			}
			return len(text) != 0
		})
		log.Close()
	}
	cmd := exec.Command(utrace, "run", "--", "strace", "-e", "trace=exit_group", "true")
	cmd.Env = append(os.Environ(), "UTRACE_SOCKET="+socket)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "exit_group(0)") {
		t.Errorf("another tracer: %v: %s", err, out)
	}
}
