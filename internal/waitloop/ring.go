package waitloop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ring ends the current blocking Wait, or else the next one. It may be called
// from any goroutine, also after Close. Several rings may end one Wait only, but
// each ring is followed by the end of a Wait. While the loop is awake it costs an
// atomic operation; a system call is made only to end a real sleep.
//
// Why no ring is lost: the loop goes to sleep by changing the state from awake to
// asleep, which fails if somebody rang. Whoever rings later finds asleep and
// writes the eventfd, which stays readable whether or not the loop has reached
// its system call by then.
func (l *Loop) Ring() {
	if l.state.Load() == rung {
		return
	}
	if l.state.Swap(rung) == asleep {
		one := uint64(1)
		// Not blocking, and EAGAIN would need 2^64-1 unread rings.
		syscall.RawSyscall(unix.SYS_WRITE, uintptr(l.bell), uintptr(unsafe.Pointer(&one)), 8)
	}
}

// Post has the loop run f on its thread, inside the present Wait or the next
// one, after everything that was posted before. It may be called from anywhere.
// It returns false, and f will never run, if the loop is closed.
func (l *Loop) Post(f func()) bool {
	if !l.mail.Post(f) {
		return false
	}
	l.Ring()
	return true
}

// answer is the loop's reaction to a ring. The state is reset before the mailbox
// is emptied: a function posted after that rings again.
func (l *Loop) answer() {
	l.state.Store(awake)
	l.mail.Drain()
}

// hear empties the bell.
func (l *Loop) hear(uint32) {
	var n uint64
	_, _, e := syscall.RawSyscall(unix.SYS_READ, uintptr(l.bell), uintptr(unsafe.Pointer(&n)), 8)
	if e == 0 {
		l.unheard -= int(n)
	}
}
