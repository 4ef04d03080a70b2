package linux

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/internal/waitloop"
	"github.com/utrace/utrace/tracehook"
)

// Loop is a locked thread that owns tracees. All fields but those that say
// otherwise belong to that thread.
type Loop struct {
	h tracehook.Handler

	// From any goroutine: what was posted, before Run too, and whom to wake.
	mail    waitloop.Mailbox
	sleeper atomic.Pointer[waitloop.Loop]

	tasks  table
	groups map[int]*group
	// lastGroup is the process that was attached to last: a guess, see groupOf.
	lastGroup int
	births    births
	limbo     limbo
	due       []*task // tasks with an event that no wait status brings; see due.go
	stage     stage

	// Scratch space of the stop at hand, so that a stop allocates nothing.
	ev     tracehook.Event
	used   time.Duration // for its SystemTime
	call   ptrace.SyscallInfo
	regs   [maxGeneral]byte
	cached cached // whose they are
	// reporting: a handler is at work, and registers need not be written yet.
	reporting bool
	io        vectors

	quiet    bool    // SIGCHLD for exits only
	usage    bool    // measure processor time
	first    bool    // the process's first thread will do
	exitKill bool    // PTRACE_O_EXITKILL
	self     int     // our process id, the sender of carriers
	tokens   uintptr // the last one given to a carrier
	overdue  bool    // Close has waited long enough
	left     bool    // Close had to leave tasks to the kernel
}

// stage is how far the loop's life has come.
type stage uint8

const (
	open    stage = iota
	closing       // letting tasks go
	closed
)

var _ tracehook.Loop = (*Loop)(nil)

func newLoop(h tracehook.Handler) *Loop {
	l := &Loop{h: h, groups: make(map[int]*group), self: os.Getpid()}
	l.births.init()
	return l
}

// Name returns "ptrace".
func (l *Loop) Name() string { return Kernel{}.Name() }

// Run is the loop. It returns when Close has been called and all tasks have
// been let go, or with the error that made waiting impossible; the kernel then
// lets the tasks go when the thread ends.
func (l *Loop) Run() error {
	err := l.runOnOwnThread()
	l.mail.Close()
	if err != nil {
		return fmt.Errorf("ptrace loop: %w", err)
	}
	return nil
}

// runOnOwnThread runs the loop on a thread that has no children and can end.
// wait4 with __WNOTHREAD reaps what its thread has forked, and a thread of a Go
// program may have started anything for os/exec before it came to us; and the
// first thread of a Go program never ends, whatever becomes of its goroutine.
func (l *Loop) runOnOwnThread() error {
	runtime.LockOSThread()
	tid := syscall.Gettid()
	if children, err := procfs.Children(tid); tid == l.self && !l.first || err == nil && len(children) > 0 {
		// This goroutine keeps its thread, so that the next one has another.
		defer runtime.UnlockOSThread()
		ended := make(chan error)
		go func() { ended <- l.runOnOwnThread() }()
		return <-ended
	}
	err := l.runLocked()
	if l.tasks.n == 0 && !l.left && letStraysGo() {
		runtime.UnlockOSThread()
	}
	// Otherwise the goroutine stays locked: its thread ends with it, and with
	// the thread the kernel's idea that it traces anybody (exit_ptrace).
	return err
}

// letStraysGo lets go who is still traced by this thread and was no task: newborns
// of which nothing had been heard, as their parents were killed in giving birth. It
// reports whether nobody is left.
func letStraysGo() bool {
	for {
		var status unix.WaitStatus
		tid, err := ptrace.Poll(-1, &status, ptrace.WaitAll|unix.WNOTHREAD)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err == syscall.ECHILD
		case tid == 0:
			return false
		case status.Stopped():
			_ = ptrace.Detach(tid, 0)
		}
	}
}

func (l *Loop) runLocked() (err error) {
	if l.quiet {
		if err := hush(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, unhush()) }()
	}
	w, err := waitloop.New(waitloop.Options{Rusage: l.usage})
	if err != nil {
		return err
	}
	l.sleeper.Store(w)
	err = l.serve(w)
	l.stage = closed
	for _, g := range l.groups {
		g.forgetMemory()
	}
	return errors.Join(err, w.Close())
}

func (l *Loop) serve(w *waitloop.Loop) error {
	l.mail.Drain()
	for !l.finished() {
		// What is due has waited for the callback before it to return.
		if len(l.due) > 0 {
			l.settle()
			continue
		}
		tid, status, ok, err := w.Wait(true)
		if err != nil {
			return err
		}
		if ok {
			l.used = 0
			if l.usage {
				l.used = time.Duration(w.Rusage().Stime.Nano())
			}
			l.dispatch(tid, status)
			continue
		}
		l.mail.Drain()
	}
	return nil
}

// Post has f run on the loop. From any goroutine, also before Run.
func (l *Loop) Post(f func()) bool {
	if !l.mail.Post(f) {
		return false
	}
	l.ring()
	return true
}

func (l *Loop) ring() {
	if w := l.sleeper.Load(); w != nil {
		w.Ring()
	}
}

// OnLoop reports whether the caller runs on the loop. From any goroutine.
func (l *Loop) OnLoop() bool {
	w := l.sleeper.Load()
	return w != nil && w.OnThread()
}

// After has f run on the loop after d. On the loop only.
func (l *Loop) After(d time.Duration, f func()) tracehook.Timer {
	if !l.OnLoop() {
		return expired{}
	}
	t, err := l.sleeper.Load().After(d, f)
	if err != nil {
		return expired{} // the loop has ended
	}
	return t
}

// expired is a timer that will never fire.
type expired struct{}

func (expired) Stop() bool { return false }

// Watch has f called on the loop whenever fd is readable. On the loop only.
func (l *Loop) Watch(fd int, f func()) error {
	if !l.OnLoop() {
		return offLoop("watch a descriptor")
	}
	return l.sleeper.Load().Watch(fd, syscall.EPOLLIN, func(uint32) { f() })
}

// offLoop is the error of a call that only the loop's own thread may make.
func offLoop(what string) error {
	return fmt.Errorf("%s: not called on the loop, use Post: %w", what, tracehook.ErrInvalid)
}

// Unwatch ends that. On the loop only.
func (l *Loop) Unwatch(fd int) error {
	if !l.OnLoop() {
		return offLoop("unwatch a descriptor")
	}
	return l.sleeper.Load().Unwatch(fd)
}

// Observe is Attach, for those who only watch.
func (l *Loop) Observe(id int, interest tracehook.Interest) (tracehook.Subject, error) {
	return l.Attach(id, interest)
}

// dispatch is told of every wait status, once.
func (l *Loop) dispatch(tid int, status syscall.WaitStatus) {
	t := l.tasks.get(tid)
	switch {
	case eventOf(status) == ptrace.EventExec:
		l.execed(tid, t)
	case t == nil:
		l.stranger(tid, status)
	case t.state == pairing && !t.misread(status):
		// The parent was killed or overtaken by an exec before its child has
		// appeared. The child comes first, so that it is not forgotten.
		t.parked, t.hasParked = status, true
	case status.Stopped():
		t.stopped(status)
	default:
		t.died(int(status))
	}
}

// deliver hands the event that has been filled in to the handler. Whatever the
// event is, it satisfies an Interrupt.
func (l *Loop) deliver(t *task) {
	t.interrupt = false
	l.ev.Task, l.ev.Subject = t, t
	l.reporting = true
	l.h.Handle(&l.ev)
	l.reporting = false
	_ = l.writePC()
}

// event clears the event for a new report.
func (l *Loop) event(kind tracehook.Kind) *tracehook.Event {
	l.ev = tracehook.Event{Kind: kind, SystemTime: l.used}
	return &l.ev
}
