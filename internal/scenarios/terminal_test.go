package scenarios_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

//go:uintptrescapes
func ioctl(file *os.File, request, arg uintptr) (errno syscall.Errno) {
	conn, err := file.SyscallConn()
	if err != nil {
		return syscall.EBADF
	}
	conn.Control(func(fd uintptr) { _, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, arg) })
	return errno
}

func control(t testing.TB, file *os.File, request uintptr, arg unsafe.Pointer) {
	t.Helper()
	if errno := ioctl(file, request, uintptr(arg)); errno != 0 {
		t.Fatalf("ioctl %#x of %s: %v", request, file.Name(), errno)
	}
}

// foreground waits until a process group other than the shell's is in the
// foreground, and its leader in a state.
func foreground(t testing.TB, master *os.File, shell int, state byte) {
	t.Helper()
	until(t, fmt.Sprintf("a job in the foreground in state %c", state), func() bool {
		var group int32
		control(t, master, syscall.TIOCGPGRP, unsafe.Pointer(&group))
		return group != 0 && int(group) != shell && status(int(group)).State == state
	})
}

// screen is what a terminal shows.
type screen struct {
	testing.TB
	master *os.File
	mu     sync.Mutex
	shown  strings.Builder
	done   chan struct{}
}

func readTerminal(t testing.TB, master *os.File) *screen {
	s := &screen{TB: t, master: master, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.shown.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { master.Close(); <-s.done })
	return s
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// expect waits until text is shown for the nth time.
func (s *screen) expect(text string, n int) {
	s.Helper()
	until(s, fmt.Sprintf("%q %d times on the terminal", text, n), func() bool { return strings.Count(s.text(), text) >= n })
}

func (s *screen) typing(text string) {
	s.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.Fatal(err)
	}
}

var processIDs = regexp.MustCompile(`(\[1\]|line 1:) +\d+`)

// mask replaces process ids, which differ between two runs.
func mask(text string) string { return processIDs.ReplaceAllString(text, "$1 PID") }
