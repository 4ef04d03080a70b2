package launch

import (
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
	"github.com/utrace/utrace/launch/entry"
)

// This file restores what this process was given by whoever started it, as far
// as the Go runtime or package syscall changed it; the rest is inherited by
// itself.

// sigsetSize is the kernel's sizeof(sigset_t).
const sigsetSize = 8

// Limits says, in sentences for people, what programs started from here
// cannot be given as this process was given it. It is empty if the program
// was linked with the entry point of package entry.
func Limits() []string {
	if entry.Early() {
		return nil
	}
	return []string{
		"signals that were ignored when this program was started have their default action in the programs that it starts, except SIGHUP, SIGINT, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU and signals 32 and 34: the Go runtime has replaced the others",
		"SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM, SIGSTKFLT, SIGCHLD, SIGURG, SIGPROF, SIGSYS and signals 32 to 34 are not blocked in programs that it starts, even if they were blocked when this program was started",
		"standard input, output and error of programs that it starts are /dev/null if they were closed when this program was started",
		"remedy: build with CGO_ENABLED=0 and -ldflags=-E=_utrace_start",
	}
}

// restoreSignals gives every signal the disposition that the program would have
// found: ignored or default. It also removes the runtime's handlers, which
// must not run in the child once its signals are unblocked.
func restoreSignals(s *script) {
	// The kernel's struct sigaction begins with the handler wherever package
	// entry is available, and is not longer than this.
	def, ign := new([4]uint64), new([4]uint64)
	*(*uintptr)(unsafe.Pointer(ign)) = 1 // SIG_IGN
	d, i := address(s, def), address(s, ign)
	for sig := 1; sig <= 64; sig++ {
		if sig == int(unix.SIGKILL) || sig == int(unix.SIGSTOP) {
			continue
		}
		action := d
		if entry.Ignored(sig) {
			action = i
		}
		s.add("sigaction", strconv.Itoa(sig), spawn.Errors, unix.SYS_RT_SIGACTION, uintptr(sig), action, 0, sigsetSize)
	}
}

// restoreMask restores the blocked signals.
func restoreMask(s *script) {
	m := new(uint64)
	*m = entry.Mask()
	s.add("sigprocmask", "", spawn.Errors, unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, address(s, m), 0, sigsetSize)
}

// restoreClosed closes the standard descriptors that were closed, unless this
// program has put something else there than the runtime's /dev/null.
func restoreClosed(s *script) {
	for fd := range 3 {
		if entry.Closed(fd) && isNull(fd) {
			s.add("close", strconv.Itoa(fd), spawn.Check{}, unix.SYS_CLOSE, uintptr(fd))
		}
	}
}

func isNull(fd int) bool {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && uint64(st.Rdev) == unix.Mkdev(1, 3)
}

// restoreLimit takes back the soft limit of open files, if it is what package
// syscall makes of it: one less than the hard limit. Any other value was set
// since, by this program or by somebody's prlimit(1), and stays.
func restoreLimit(s *script) {
	soft, hard := entry.NoFile()
	var now unix.Rlimit
	if unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &now) != nil || now.Max != hard || now.Cur != hard-1 {
		return
	}
	want := &unix.Rlimit{Cur: soft, Max: hard}
	s.add("setrlimit", "nofile", spawn.Errors, unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, address(s, want), 0)
}

// isAdmin reports whether this process may install a filter without
// no_new_privs.
func isAdmin() bool {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(status), "\nCapEff:\t")
	hex, _, _ := strings.Cut(rest, "\n")
	caps, err := strconv.ParseUint(hex, 16, 64)
	return err == nil && caps&(1<<unix.CAP_SYS_ADMIN) != 0
}
