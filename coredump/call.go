package coredump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// A snapshot takes two system calls that the process itself has to make: one that
// forks it, and later one that waits for the child. A thread that stands still
// makes them: it is given registers for the call, and its own back after it.
//
// Whatever happens in between, to us too, the program must not notice. If we are
// killed, the kernel lets the thread run with the registers that it has then. So
// the instruction that makes the call is one with a return behind it, and what it
// returns to is sigreturn(2), with the thread's own registers in the frame: the
// thread puts itself right, as after a signal handler. The child finds a frame
// that has it exit.

// caller makes calls through one thread. Its callbacks run on the loop; the rest
// belongs to whoever made it.
type caller struct {
	site   *site
	engine *utrace.Engine
	room   uint64 // the memory that frames are in

	// What the thread had.
	general  []byte
	legacy   []byte // floating point registers of a 32-bit thread
	extended []byte
	mask     uint64
	memory   []byte // of the room

	// Owned by the loop:

	returned bool
	result   int64
	child    *utrace.Engine
	died     chan struct{} // closed when the child is dead

	done chan error
}

// newCaller attaches to a thread. It is not stopped for that.
func newCaller(ctx context.Context, core *utrace.Core, tid int, s *site) (*caller, error) {
	x := &caller{site: s, done: make(chan error, 1), died: make(chan struct{})}
	var err error
	x.engine, err = core.Attach(ctx, tid, &utrace.Funcs{
		Quiesce: x.quiesce, SyscallExit: x.exit, Clone: x.clone, Signal: x.signal, JobControl: x.jobControl,
	}, utrace.WithName("core"), utrace.WithRelease(func() { x.finish(utrace.ErrGone) }))
	return x, err
}

// finish tells how the call ended. Only the first reason counts.
func (x *caller) finish(err error) {
	select {
	case x.done <- err:
	default:
	}
}

// callEvents are wanted while a call is made.
const callEvents = utrace.EventQuiesce | utrace.EventSyscallExit | utrace.EventClone |
	utrace.EventSignalAll | utrace.EventJobControl

// exit is the end of the call. The thread is to come by once more: only where the
// kernel looks at signals does it see to a call of the thread's own that it has to
// restart.
func (x *caller) exit(_ *utrace.Report, s *utrace.Syscall) utrace.Action {
	x.result, x.returned = s.Result(), true
	return utrace.ReportSoon
}

func (x *caller) quiesce(_ *utrace.Report, cause utrace.Events) utrace.Action {
	if cause != 0 || !x.returned {
		return utrace.Resume
	}
	x.finish(nil)
	return utrace.Stop
}

// jobControl stops the thread before it has made the call, or another thread has:
// it goes on, and stands still for job control when it has been let go.
func (x *caller) jobControl(*utrace.Report, utrace.JobControl) utrace.Action {
	x.engine.LeaveGroupStop()
	return utrace.Resume
}

// clone takes the child over, which stands still from its birth to its death.
func (x *caller) clone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	if c.Thread == nil {
		return utrace.Resume // it was killed
	}
	e, err := r.Attach(c.ID, &utrace.Funcs{Death: func(*utrace.Report, *utrace.Death) utrace.Action {
		close(x.died)
		return utrace.Resume
	}}, utrace.WithName("core snapshot"), utrace.WithEvents(utrace.EventDeath))
	if err == nil {
		_ = e.Direct(utrace.Stop)
		x.child = e
	}
	return utrace.Resume
}

// signal comes in between although all but a few are blocked: because a filter
// answers the call with one, or somebody stops the process.
func (x *caller) signal(_ *utrace.Report, s *utrace.Signal) utrace.SignalAnswer {
	info, err := s.Info()
	if err == nil && info.Signo() == int(syscall.SIGSYS) && info.Code() > 0 {
		x.finish(fmt.Errorf("the process is not allowed to make this system call: %w", syscall.EPERM))
		return utrace.SignalAnswer{Action: utrace.Stop, Do: utrace.Ignore}
	}
	x.finish(fmt.Errorf("a signal came in between, try again: %w", syscall.EINTR))
	return utrace.SignalAnswer{Action: utrace.Stop} // and it is delivered, later
}

// begin prepares a thread that this engine holds: the process's first if it is
// alone, which means that others may run. Else sp is the first one's stack
// pointer, 0 if that is not known.
func (x *caller) begin(ctx context.Context, sp uint64, alone bool) error {
	return x.engine.Thread().Core().Do(ctx, func() error {
		r, err := x.engine.Held()
		if err != nil {
			return err
		}
		if !usable(x.engine.Thread()) {
			return utrace.ErrAgain
		}
		if err := x.save(r); err != nil {
			return err
		}
		if alone {
			sp = r.ABI().SP(x.general)
		}
		size := x.site.frames(len(x.extended))
		if x.room, err = x.findRoom(r, sp, size, alone); err != nil {
			return err
		}
		x.memory = make([]byte, size)
		if n, err := r.ReadMemory(x.room, x.memory); n != len(x.memory) {
			return fmt.Errorf("stack of the process: %w", err)
		}
		frames := x.site.build(r.ABI(), x)
		if n, err := r.WriteMemory(x.room, frames); n != len(frames) {
			return errors.Join(fmt.Errorf("stack of the process: %w", err), x.restore(r))
		}
		return nil
	})
}

// usable reports whether a thread that stands still can be given other registers:
// not if it stands in the middle of something, such as a signal that is going to be
// delivered. On the loop.
func usable(t *utrace.Thread) bool {
	at, ok := t.Stop()
	return ok && (at == tracehook.Quiesce || at == tracehook.GroupStop)
}

// save notes what the thread has, and checks that the instructions are there: the
// process may have executed another program since.
func (x *caller) save(r *utrace.Report) error {
	for _, i := range []struct {
		addr uint64
		code []byte
	}{{x.site.callAt, x.site.call}, {x.site.sigreturnAt, x.site.sigreturnCode}} {
		now := make([]byte, len(i.code))
		if _, err := r.ReadMemory(i.addr, now); err != nil || !bytes.Equal(now, i.code) {
			return errNoSite
		}
	}
	abi := r.ABI()
	if abi.Name() != x.site.abi {
		return errNoSite
	}
	x.general = make([]byte, abi.GeneralSize())
	if _, err := r.ReadRegset(regset.NotePRStatus, x.general); err != nil {
		return err
	}
	// A shadow stack knows of no frame that the program has not made itself.
	if n, err := r.ReadRegset(regset.NoteShstk, make([]byte, 8)); err == nil && n != 0 {
		return fmt.Errorf("the program has a shadow stack: %w", utrace.ErrNotSupported)
	}
	x.extended = make([]byte, 1<<16)
	n, err := r.ReadRegset(regset.NoteXState, x.extended)
	if err != nil {
		return err
	}
	x.extended = x.extended[:n]
	if x.site.word == 4 {
		x.legacy = make([]byte, legacySize)
		if _, err := r.ReadRegset(regset.NotePRFPReg, x.legacy); err != nil {
			return err
		}
	}
	x.mask, err = r.SignalMask()
	return err
}

// Signals that an instruction causes are not blocked: the kernel would take the
// program's handler away.
const synchronous = 1<<(syscall.SIGSEGV-1) | 1<<(syscall.SIGBUS-1) | 1<<(syscall.SIGILL-1) |
	1<<(syscall.SIGFPE-1) | 1<<(syscall.SIGTRAP-1) | 1<<(syscall.SIGSYS-1)

// tries is how often a call is made that something unknown cuts short
// (copy_process in kernel/fork.c gives ERESTARTNOINTR then).
const tries = 3

const restartNoIntr = -513

// call makes a call. The error is the call's, with errors.Is.
func (x *caller) call(ctx context.Context, nr uint64, args ...uint64) (result int64, err error) {
	for range tries {
		err = x.engine.Thread().Core().Do(ctx, func() error { return x.depart(nr, args) })
		if err == nil {
			err = x.await(ctx)
		}
		if err != nil {
			return 0, err
		}
		if x.result != restartNoIntr {
			break
		}
	}
	if x.result < 0 {
		return 0, syscall.Errno(-x.result)
	}
	return x.result, nil
}

// depart sends the thread into the call. On the loop.
func (x *caller) depart(nr uint64, args []uint64) error {
	r, err := x.engine.Held()
	if err != nil {
		return err
	}
	if err := r.SetSignalMask(^uint64(synchronous)); err != nil {
		return err
	}
	abi, gpr := r.ABI(), slices.Clone(x.general)
	abi.SetSyscallNumber(gpr, ^uint64(0)) // it is in none, so none is restarted
	for i, v := range args {
		abi.SetArg(gpr, i, v)
	}
	abi.SetResult(gpr, int64(nr)) // which is where x86 takes the number from
	abi.SetPC(gpr, x.site.callAt)
	abi.SetSP(gpr, x.site.parentSP(x))
	if err := r.WriteRegset(regset.NotePRStatus, gpr); err != nil {
		return err
	}
	x.returned, x.result = false, 0
	x.engine.SuspendFilters(true)
	if err := x.engine.SetEvents(callEvents); err != nil {
		return err
	}
	x.engine.LeaveGroupStop()
	return x.engine.Direct(utrace.Resume)
}

// slow is when a call is taken for one that job control has come in between of:
// the thread is asked to stop, which it does when it can.
const slow = 10 * time.Second

// await waits for the end of the call: for as long as it takes, since the thread
// cannot be left alone before.
func (x *caller) await(ctx context.Context) error {
	timeout := time.NewTimer(slow)
	defer timeout.Stop()
	select {
	case err := <-x.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
	}
	err := x.engine.Control(ctx, utrace.Stop)
	if err == nil || errors.Is(err, utrace.ErrInProgress) {
		err = x.engine.WaitStopped(ctx)
	}
	if err == nil {
		err = errors.New("it does not make the system call that it was told to")
	}
	return err
}

// end gives the thread back what it had, and lets go of it. If it cannot be done,
// as it is dead, or because we have no time any more, the thread does it itself.
func (x *caller) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := x.engine.Thread().Core().Do(ctx, func() error {
		r, err := x.engine.Held()
		if err != nil || x.memory == nil {
			return err
		}
		return x.restore(r)
	})
	x.engine.Detach()
	if errors.Is(err, utrace.ErrGone) {
		return nil
	}
	return err
}

// restore puts back what begin and depart have changed. On the loop.
func (x *caller) restore(r *utrace.Report) error {
	errs := []error{x.engine.SetEvents(0), r.WriteRegset(regset.NotePRStatus, x.general), r.SetSignalMask(x.mask)}
	// Last: until here it can put itself right.
	_, err := r.WriteMemory(x.room, x.memory)
	return errors.Join(append(errs, err)...)
}
