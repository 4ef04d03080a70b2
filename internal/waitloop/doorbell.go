package waitloop

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/denial"
)

// doorbell sleeps in wait4(2). What is not a tracee's doing reaches it through a
// tracee of our own, which sleeps in epoll_pwait(2) on the descriptors and sends
// itself SIGSTOP when one is ready. Being traced it does not stop the job-control
// way but for us, in a signal-delivery-stop, which ends the wait4 like any other.
// It is let go, without the signal, only before the next sleep: as long as the
// loop finds its work by polling it costs nothing.
//
// It is a process (clone without CLONE_THREAD: a thread cannot be traced by its
// own process) of a dozen instructions, which shares our memory and descriptors,
// uses no stack and blocks all signals. Its exit signal is 0, so that its death
// sends no SIGCHLD. Waits for one child, as in os/exec, never meet it; a wait4(-1)
// on another thread without __WNOTHREAD does, as it meets every tracee of the
// program. It dies with the thread that made it (PR_SET_PDEATHSIG) or with its
// tracer (PTRACE_O_EXITKILL), the same thread.
type doorbell struct {
	epfd    int
	pid     int
	stopped bool
	chime   *chime // until close
}

func (d *doorbell) start() (err error) {
	if d.chime == nil {
		if d.chime, err = newChime(); err != nil {
			return fmt.Errorf("memory for the doorbell: %w", err)
		}
	}
	if d.pid, err = d.chime.start(d.epfd); err != nil {
		d.chime.free()
		return err
	}
	d.stopped = false
	if e := d.ptrace(unix.PTRACE_SEIZE, unix.PTRACE_O_EXITKILL); e != 0 {
		why := denial.Explain(d.pid, e) // while it lives
		d.close()
		return fmt.Errorf("PTRACE_SEIZE of our own doorbell process: %w", why)
	}
	return nil
}

func (d *doorbell) ptrace(request int, data uintptr) syscall.Errno {
	_, _, e := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(d.pid), 0, data, 0, 0)
	return e
}

func (d *doorbell) sleep(l *Loop) (tid int, who ready, err error) {
	if d.stopped {
		d.stopped = false
		if e := d.ptrace(unix.PTRACE_CONT, 0); e != 0 && e != unix.ESRCH { // ESRCH: killed, wait4 will tell
			return 0, nobody, fmt.Errorf("PTRACE_CONT of our doorbell process %d: %w", d.pid, e)
		}
	}
	for {
		r, _, e := syscall.Syscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&l.status)),
			waitFlags, uintptr(l.usagePointer()), 0, 0)
		tid, again, err := l.fetch(int(r), e)
		if err != nil || tid != 0 {
			return tid, nobody, err
		}
		if again && e == 0 { // it was about the doorbell
			return 0, inSet, nil
		}
	}
}

// own notes stops of the helper. If it was killed, by whomever, there is a new one.
func (d *doorbell) own(l *Loop, tid int) (bool, error) {
	if tid != d.pid {
		return false, nil
	}
	if syscall.WaitStatus(l.status).Stopped() {
		d.stopped = true
		return true, nil
	}
	return true, d.start()
}

func (d *doorbell) disarm() error { return nil }

func (d *doorbell) mechanism() Mechanism { return Doorbell }

// close kills and reaps the helper.
func (d *doorbell) close() error {
	if err := unix.Kill(d.pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
		return fmt.Errorf("kill our doorbell process %d: %w", d.pid, err)
	}
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(d.pid, &status, waitFlags, nil)
		switch {
		case err == unix.EINTR, err == nil && !status.Exited() && !status.Signaled():
		case err == nil, err == unix.ECHILD:
			d.chime.free()
			return nil
		default:
			return fmt.Errorf("wait for our doorbell process %d: %w", d.pid, err)
		}
	}
}
