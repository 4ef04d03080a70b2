package notify

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Guard bounds how long a receive sleeps. It sleeps if somebody else has a copy of
// the listener's descriptor and has received what it was woken for: the descriptor
// cannot be made non-blocking. So a timer interrupts the thread.
type Guard struct {
	timer int32
}

// guardPeriod is how long a receive may sleep.
const guardPeriod = 50 * 1e6 // ns

// guardSignal is that of the timer. Nobody else here wants it.
const guardSignal = unix.SIGIO

// NewGuard makes a guard for the calling thread, which must be locked. It changes
// what this process does about SIGIO: the Go runtime's handler stays, but calls that
// it interrupts are not restarted (SA_RESTART in sigaction(2)).
func NewGuard() (*Guard, error) {
	signal.Notify(make(chan os.Signal, 1), guardSignal) // so that there is a handler
	// The kernel's struct sigaction: the handler, the flags, and what does not matter
	// here, not the same on all architectures.
	var action [8]uintptr
	const flags = 1
	change := func(set, old unsafe.Pointer) error {
		const sizeOfSet = 8
		_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(guardSignal), uintptr(set), uintptr(old), sizeOfSet, 0, 0)
		if e != 0 {
			return fmt.Errorf("sigaction of %v: %w", guardSignal, e)
		}
		return nil
	}
	if err := change(nil, unsafe.Pointer(&action)); err != nil {
		return nil, err
	}
	const restart = 0x10000000 // SA_RESTART
	action[flags] &^= restart
	if err := change(unsafe.Pointer(&action), nil); err != nil {
		return nil, err
	}
	event := struct { // struct sigevent
		value          uint64
		signal, notify int32
		thread         int32
		_              [44]byte
	}{signal: int32(guardSignal), notify: 4 /* SIGEV_THREAD_ID */, thread: int32(unix.Gettid())}
	g := new(Guard)
	_, _, e := syscall.RawSyscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&g.timer)))
	if e != 0 {
		return nil, fmt.Errorf("timer: %w", e)
	}
	return g, nil
}

// Receive is the listener's. EINTR: it has slept, and somebody else receives what is
// for us. It is for the guard's thread.
func (g *Guard) Receive(l *Listener, c *Call) error {
	// Again and again, should the first signal come before the sleep.
	period := unix.NsecToTimespec(guardPeriod)
	g.set(unix.ItimerSpec{Interval: period, Value: period})
	err := l.Receive(c)
	g.set(unix.ItimerSpec{})
	return err
}

func (g *Guard) set(t unix.ItimerSpec) {
	_, _, _ = syscall.RawSyscall6(unix.SYS_TIMER_SETTIME, uintptr(g.timer), 0, uintptr(unsafe.Pointer(&t)), 0, 0, 0)
}
