package linux

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/waitloop"
	"github.com/utrace/utrace/tracehook"
)

// Kernel makes loops that trace with ptrace(2). The zero value is ready.
type Kernel struct {
	// LoudStops leaves SIGCHLD as it is. By default it is told, as long as a
	// loop runs, to be sent for exits only (SA_NOCLDSTOP in sigaction(2)):
	// the kernel would send this process one for every stop of every tracee.
	// A program that wants to hear by SIGCHLD that children of its own were
	// stopped by job control sets it.
	LoudStops bool
	// Usage fills in Event.SystemTime. That makes the kernel add up what the
	// thread has used at every stop, which costs some hundred nanoseconds, and
	// more in processes with many threads.
	Usage bool
	// First lets Run keep the first thread of the process, if it is called there:
	// threads see the id of their tracer in /proc/self/status, and some programs
	// compare it with that of their parent. What Close has to leave to the kernel
	// is then traced until the process ends.
	First bool
	// ExitKill has the kernel kill all traced threads when this process ends with
	// them, however it ends (PTRACE_O_EXITKILL).
	ExitKill bool
}

var _ tracehook.Kernel = Kernel{}

// New returns the kernel of this machine.
func New() Kernel { return Kernel{} }

// Name returns "ptrace".
func (Kernel) Name() string { return "ptrace" }

// NewLoop makes a loop that hands its events to h. It has no thread until Run.
func (k Kernel) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	if h == nil {
		return nil, fmt.Errorf("new ptrace loop without a handler: %w", tracehook.ErrInvalid)
	}
	l := newLoop(h)
	l.quiet, l.usage, l.first, l.exitKill = !k.LoudStops, k.Usage, k.First, k.ExitKill
	return l, nil
}

// Threads lists the thread ids of a process, leader first.
func (Kernel) Threads(pid int) ([]int, error) {
	status, err := procfs.ReadStatus(pid)
	if err != nil {
		return nil, explainThreads(pid, err)
	}
	ids, err := procfs.Threads(pid)
	if err != nil {
		return nil, explainThreads(pid, err)
	}
	if i := slices.Index(ids, status.Group); i > 0 {
		ids[0], ids[i] = ids[i], ids[0]
	}
	return ids, nil
}

func explainThreads(pid int, err error) error {
	if errors.Is(err, syscall.ESRCH) {
		err = tracehook.ErrGone
	}
	return fmt.Errorf("list the threads of process %d: %w", pid, err)
}

// quiet counts the loops that want SIGCHLD for exits only: the flag belongs to
// the process, not to a thread.
var quiet struct {
	sync.Mutex
	loops int
	undo  func() error
}

func hush() error {
	quiet.Lock()
	defer quiet.Unlock()
	if quiet.loops == 0 {
		undo, err := waitloop.QuietStops()
		if err != nil {
			return err
		}
		quiet.undo = undo
	}
	quiet.loops++
	return nil
}

func unhush() error {
	quiet.Lock()
	defer quiet.Unlock()
	if quiet.loops--; quiet.loops > 0 {
		return nil
	}
	return quiet.undo()
}
