package tool

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

// Terminal is the controlling terminal of this process, whose foreground programs
// that are started here become, as under a shell. The zero value is ready.
type Terminal struct {
	// former is the process group that was in the foreground before.
	former int32
}

// Take remembers who has the terminal, and reports whether there is one.
func (t *Terminal) Take() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if t.former != 0 {
		return true
	}
	return foreground(f, syscall.TIOCGPGRP, &t.former) == nil
}

// GiveBack puts the former group into the foreground. If this process, a session's
// leader, ended without that, what it has let go would be hung up (disassociate_ctty
// in drivers/tty/tty_jobctrl.c).
func (t *Terminal) GiveBack() {
	if t.former == 0 {
		return
	}
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	signal.Ignore(syscall.SIGTTOU) // we are in the background
	_ = foreground(f, syscall.TIOCSPGRP, &t.former)
}

func foreground(f *os.File, request uintptr, group *int32) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(group)))
	if errno != 0 {
		return errno
	}
	return nil
}
