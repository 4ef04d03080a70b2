package waitloop

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// alive reports whether a process exists and is more than a zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[0] != 'Z' && rest[0] != 'X'
}

// awaitDeath waits for a process that is nobody's business to reap here.
func awaitDeath(t *testing.T, pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for alive(pid) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
		if err != nil && err != unix.EINTR || n == 0 && err == nil {
			t.Fatalf("the doorbell %d lives on: %v", pid, err)
		}
	}
}

func TestDoorbellDiesWithItsThread(t *testing.T) {
	var l *Loop
	onThread(func() {
		l = newLoop(t, Options{Mechanism: Doorbell})
		if !alive(l.sleeper.(*doorbell).pid) {
			t.Error("no doorbell")
		}
	})
	pid := l.sleeper.(*doorbell).pid
	awaitDeath(t, pid)
	// Reparented to another thread of ours when its maker ended.
	for {
		if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			break
		}
	}
	l.sleeper = nil
	l.release()
}

func TestDoorbellDiesWithItsProcess(t *testing.T) {
	c := exec.Command("/proc/self/exe")
	c.Env = []string{roleVariable + "=sleeper"}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if !alive(pid) {
		t.Errorf("no doorbell %d", pid)
	}
	c.Process.Kill()
	c.Wait()
	awaitDeath(t, pid)
}

func TestDoorbellIsReplaced(t *testing.T) {
	onThread(func() {
		l := newLoop(t, Options{Mechanism: Doorbell})
		defer l.Close()
		d := l.sleeper.(*doorbell)
		for range 10 {
			before := d.pid
			unix.Kill(before, unix.SIGKILL)
			for d.pid == before {
				if _, _, ok, err := l.Wait(false); ok || err != nil {
					t.Fatalf("the doorbell's death was shown: %v, %v", ok, err)
				}
			}
			go func() { awaitState(l, asleep); l.Ring() }()
			if _, _, ok := wait(t, l); ok {
				t.Fatal("a status from nowhere")
			}
		}
	})
}
