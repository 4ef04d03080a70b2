package tool

import (
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/launch"
)

// Env is what a command finds around it.
type Env struct {
	System
	// Name is what the command was called as, its argv[0].
	Name string
	// PID is the process that was called.
	PID int
	// Stdin, Stdout and Stderr are the streams. Writing to them may block, and
	// raises no SIGPIPE.
	Stdin          *os.File
	Stdout, Stderr io.Writer
	// Failed is told of a panic on a goroutine of the command, and ends that. Nil:
	// the process ends.
	Failed func(any)
}

// System is the part of the operating system that commands use about their own
// process. Its methods may be called from any goroutine, but not on a core's
// loop: they may wait for another process.
type System interface {
	// Shared reports whether others use the same core, which must not wait for
	// anybody's output.
	Shared() bool
	// Environ is the environment.
	Environ() ([]string, error)
	// Getwd is the working directory.
	Getwd() (string, error)
	// LookPath is launch.LookPath.
	LookPath(name string) (string, error)
	// OpenFile is os.OpenFile, Rename and Remove those of package os.
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Rename(from, to string) error
	Remove(name string) error
	// Run runs a command of the shell, whose output goes to standard error, with
	// additions to the environment.
	Run(ctx context.Context, command string, environ []string) error
	// Pipe starts a command of the shell, which reads what is written. Close
	// waits for its end; how that is does not matter.
	Pipe(command string) (io.WriteCloser, error)
	// Listen is net.Listen. A name that is not known is a net.DNSError; other errors
	// have their errno.
	Listen(network, address string) (net.Listener, error)
	// Core gives a core. shut ends it, and only its first call does anything.
	Core(CoreOptions) (core *utrace.Core, shut func() error, err error)
	// Start starts a program under a core that Core has given: see host.Start.
	Start(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (Process, error)
	// Notify, Forget, Ignore and Ignored are the functions of os/signal, of
	// which Stop is called Forget here.
	Notify(c chan<- os.Signal, list ...os.Signal)
	Forget(c chan<- os.Signal)
	Ignore(list ...os.Signal)
	Ignored(sig os.Signal) bool
}

// CoreOptions says what a command needs of its core.
type CoreOptions struct {
	// Usage: reports have the system time (utrace.Report.SystemTime).
	Usage bool
	// Plants: breakpoints are planted, which are to be removed when this process
	// is killed.
	Plants bool
	// First: the core runs on the process's first thread, if [FirstThread] has it,
	// so that the traced threads' TracerPid is that of the process.
	First bool
	// ExitKill: what is traced is killed with this process, however that ends.
	ExitKill bool
}

// Process is a program that a command has started. *launch.Process is one.
type Process interface {
	PID() int
	Signal(syscall.Signal) error
	Kill() error
	Wait(ctx context.Context) (launch.Status, error)
	// Untraced says that the core will not tell of its end.
	Untraced()
}

// Exited is the status of a command that ends by itself.
func Exited(code int) syscall.WaitStatus { return syscall.WaitStatus(code & 0xff << 8) }

// NotifyContext is signal.NotifyContext for a command.
func (e *Env) NotifyContext(parent context.Context, list ...os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	c := make(chan os.Signal, 1)
	e.Notify(c, list...)
	go func() {
		select {
		case <-c:
			cancel()
		case <-ctx.Done():
		}
		e.Forget(c)
	}()
	return ctx, cancel
}
