package strace

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/utrace/utrace/internal/testprogram"
)

// differing makes calls whose constants and structures differ between
// architectures.
const differing = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static void handler(int sig) {}

int main(void)
{
	int n = 0, pair[2], on = 1;
	socklen_t size = sizeof on;
	struct winsize w;
	struct termios t = {0}; // on powerpc TCGETS has the C library's size, which the kernel does not know
	sigset_t set;

	close(open("/", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	close(open("/", O_PATH | O_NOATIME));
	close(open("/dev/null", O_WRONLY | O_DIRECT | O_NONBLOCK));
	close(open("/tmp", O_RDWR | O_TMPFILE, 0600));
	syscall(SYS_openat, AT_FDCWD, "/dev/null", 0x8000 | 0x4000 | O_RDONLY, 0);
	syscall(SYS_openat, AT_FDCWD, "/dev/null", 0x10000 | 0x20000 | O_RDONLY, 0);

	int tty = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	ioctl(tty, TIOCGWINSZ, &w);
	w.ws_row = 25;
	ioctl(tty, TIOCSWINSZ, &w);
	syscall(SYS_ioctl, tty, TCGETS, &t);
	tcsetattr(tty, TCSADRAIN, &t);
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	tcsetattr(tty, TCSANOW, &t);
	ioctl(tty, FIONREAD, &n);
	ioctl(tty, TIOCGPTN, &n);
	ioctl(tty, FIONBIO, &on);
	ioctl(tty, TIOCOUTQ, &n);
	ioctl(tty, TCFLSH, TCIFLUSH);

	mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_LOCKED, -1, 0);
	mmap(0, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK, -1, 0);
	mlockall(MCL_CURRENT | MCL_ONFAULT);
	munlockall();

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
	getsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, &n, &size);
	getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &n, &size);

	signal(SIGUSR1, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, 0);
	kill(getpid(), SIGUSR1);
	return 3;
}
`

// date is when a file was used last: by the one run or the other. id is the process's,
// which is small soon after a boot.
var (
	date = regexp.MustCompile(`\*-[0-9-]+T[0-9:]+`)
	id   = regexp.MustCompile(`(getpid\(\)|set_tid_address\(\*\))\* \S+|kill\([^,]+|si_pid=[^,]+`)
)

// TestMachineLikeStrace: what is special about an architecture, as strace prints
// it there.
func TestMachineLikeStrace(t *testing.T) {
	// Static: how many pages the dynamic linker gives back depends on where they are.
	program := testprogram.Build(t, "c", differing, "-O1", "-w", "-static")
	for _, options := range [][]string{nil, {"-v"}} {
		dir := t.TempDir()
		ours, theirs := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
		var stderr bytes.Buffer
		Run(context.Background(), to(&stderr, &stderr), "strace", "", slices.Concat(options, []string{"--mode=stop", "-o", ours, program}))
		if text, err := exec.Command("strace", slices.Concat(options, []string{"-o", theirs, program})...).CombinedOutput(); err == nil || stderr.Len() != 0 {
			t.Fatalf("%v %s %s: the program ends with 3", err, text, stderr.Bytes())
		}
		got, want := masked(t, ours), masked(t, theirs)
		for _, lines := range [][]string{got, want} {
			for i := range lines {
				lines[i] = id.ReplaceAllString(date.ReplaceAllString(lines[i], "date"), "id")
			}
		}
		if len(got) != len(want) || len(got) < 50 {
			t.Errorf("%d lines; strace has %d", len(got), len(want))
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("%v\n%s\nstrace has\n%s", options, got[i], want[i])
			}
		}
	}
}
