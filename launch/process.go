package launch

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

// Status is how a process ended, and what it used.
type Status struct {
	syscall.WaitStatus
	Usage *syscall.Rusage // nil if the reaper did not say
}

// Process is a child that was made by [Start]. Its methods may be called from
// any goroutine.
type Process struct {
	pid     int
	handle  *os.File // pidfd
	channel *os.File // to the held child; its end of file is the exec

	first uintptr // where the child has the list of its calls
	what  []Error // what each of them was for

	exec struct {
		once sync.Once
		err  error
	}
	watch sync.Once
	dead  chan struct{} // closed by the watcher

	mu       sync.Mutex
	released bool
	traced   bool
	ended    bool
	status   Status
	changed  chan struct{} // closed and replaced when traced or ended changes
}

// newProcess takes over both descriptors, whether it succeeds or not.
func newProcess(pid, pidfd, channel int, s *script) (*Process, error) {
	p := &Process{pid: pid, first: uintptr(unsafe.Pointer(&s.calls[0])), what: s.what, dead: make(chan struct{}), changed: make(chan struct{})}
	if pidfd < 0 {
		// clone(2) ignored the flag. The child sees the end of its channel.
		unix.Close(channel)
		_, err := unix.Wait4(pid, nil, 0, nil)
		for err == unix.EINTR {
			_, err = unix.Wait4(pid, nil, 0, nil)
		}
		return nil, &Error{Op: "pidfd", Err: unix.ENOSYS}
	}
	p.handle = pollable(pidfd, "pidfd")
	p.channel = pollable(channel, "held process")
	return p, nil
}

// pollable makes a file that the runtime's poller waits for, which it does
// only for descriptors that are non-blocking at this moment.
func pollable(fd int, name string) *os.File {
	unix.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), name)
}

// PID is the process id. It can belong to another process once this one was
// reaped.
func (p *Process) PID() int { return p.pid }

// awaitHeld returns when the child is held. If it does not come to that the
// child is reaped.
func (p *Process) awaitHeld() error {
	err := p.receive()
	if err == nil {
		return nil
	}
	p.channel.Close()
	if errors.Is(err, io.EOF) {
		err = ErrNotReleased
	}
	if _, werr := p.Wait(context.Background()); werr != nil {
		return errors.Join(err, werr)
	}
	return err
}

// receive waits for the child's next message: nil that it is held, an *Error
// that it failed, io.EOF that there will be none.
func (p *Process) receive() error {
	var report spawn.Failure
	n, err := p.channel.Read(unsafe.Slice((*byte)(unsafe.Pointer(&report)), unsafe.Sizeof(report)))
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		// What the end of file is called when we released a child that was
		// dead or dying and did not read the message.
		return io.EOF
	case err != nil:
		return err
	case n == 1:
		return nil
	}
	step := p.what[(report.At-p.first)/unsafe.Sizeof(spawn.Call{})]
	step.Err = syscall.Errno(-report.Result)
	if report.Result == 0 {
		step.Err = io.ErrUnexpectedEOF
	}
	return &step
}

// Release lets the process exec. Only the first call has an effect. ErrEnded
// if the process does not exist any more.
func (p *Process) Release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.released {
		return nil
	}
	var sent error
	raw, err := p.channel.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			sent = unix.Send(int(fd), []byte{0}, unix.MSG_NOSIGNAL)
		})
	}
	if err != nil || sent == unix.EPIPE || sent == unix.ECONNRESET {
		return ErrEnded
	}
	if sent != nil {
		return &Error{Op: "release", Err: sent}
	}
	p.released = true
	return nil
}

// ExecError waits until the program was started, and returns nil, or could not
// be, and returns an [*Error] with the reason; see [ExitCode]. If the process
// was killed while it was held the result is [ErrNotReleased]. A process that
// is killed at the moment of its exec can count as started.
func (p *Process) ExecError() error {
	p.exec.once.Do(func() {
		defer p.channel.Close()
		err := p.receive()
		if errors.Is(err, io.EOF) {
			err = nil
			p.mu.Lock()
			if !p.released {
				err = ErrNotReleased
			}
			p.mu.Unlock()
		}
		p.exec.err = err
	})
	return p.exec.err
}

// Abandon makes an end with a process whose program is not to run or could not be
// started, and waits for that: one whose exec has failed, as ExecError has said, ends by
// itself, and any other is killed, as is one that has not ended when ctx does.
func (p *Process) Abandon(ctx context.Context) error {
	if errors.As(p.exec.err, new(*Error)) {
		if _, err := p.Wait(ctx); ctx.Err() == nil {
			return err
		}
	}
	if err := p.Kill(); err != nil && !errors.Is(err, ErrEnded) {
		return err
	}
	_, err := p.Wait(context.WithoutCancel(ctx))
	return err
}

// Kill sends SIGKILL.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// Signal sends a signal to this process, never to another one that got its
// id. ErrEnded if it was reaped.
func (p *Process) Signal(sig syscall.Signal) error {
	var sent error
	raw, err := p.handle.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			sent = unix.PidfdSendSignal(int(fd), sig, nil, 0)
		})
	}
	if err != nil || sent == unix.ESRCH {
		return ErrEnded
	}
	return sent
}
