package gdbserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tool"
)

// Options adjusts a Server. The zero value is gdbserver's default.
type Options struct {
	// Multi keeps the server up when there is nothing to debug.
	Multi bool
	// Once ends the server with its first connection.
	Once bool
	// NoShell starts programs without a shell, KeepRandomization with the
	// address space layout randomized.
	NoShell           bool
	KeepRandomization bool
	// Wrapper is a command that programs are started by.
	Wrapper []string
	// Disabled are names of packets to do without: vCont, Tthread, qC,
	// qfThreadInfo, T.
	Disabled map[string]bool
	// Log is where the lines go that gdbserver prints. nil: nowhere.
	Log io.Writer
	// Output is where the commands of breakpoints print, such as dprintf of gdb in
	// the style "agent". nil: nowhere.
	Output io.Writer
	// Packets is where all packets are written to, for who debugs a debugger.
	Packets io.Writer
	// Timestamps has their time written, too.
	Timestamps bool
	// Quiet redirects the input and output of programs away from descriptors 0
	// and 1, over which a client is connected.
	Quiet bool
	// Place is the process that users know as the server.
	Place Place
}

func (o *Options) output() io.Writer {
	if o.Output == nil {
		return io.Discard
	}
	return o.Output
}

// Server serves clients over a core.
type Server struct {
	core    *utrace.Core
	options Options

	// Owned by the loop:

	clients map[*session]struct{}
	// own is the client that the server is itself: it keeps the processes that
	// no other client has yet, or has any more.
	own *session
	// input is where the clients' input is read, one's after the other's.
	input []byte
	// launched are the processes that were started here and have not ended.
	launched map[int]Process
	// program is what was started last, with its arguments.
	program  []string
	terminal tool.Terminal
	// told: a client has told the server to end.
	told bool
	// extended: some client uses the extended protocol, which can start programs.
	extended bool

	// tasks are the goroutines that work for clients.
	tasks sync.WaitGroup
	ctx   context.Context
	stop  context.CancelFunc
	// done is closed when the server has nothing left to do; once.
	done     chan struct{}
	doneOnce sync.Once
}

// New makes a server over a core.
func New(core *utrace.Core, options Options) *Server {
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		core: core, options: options, clients: map[*session]struct{}{}, launched: map[int]Process{},
		ctx: ctx, stop: stop, done: make(chan struct{}),
	}
	s.own = newSession(s, nil)
	return s
}

// logf prints a line of gdbserver's.
func (s *Server) logf(format string, args ...any) {
	if s.options.Log != nil {
		fmt.Fprintf(s.options.Log, format, args...)
	}
}

// Done is closed when the server has nothing left to do: the last process has
// ended or was detached from, and no client can bring another one.
func (s *Server) Done() <-chan struct{} { return s.done }

// finish closes Done.
func (s *Server) finish() { s.doneOnce.Do(func() { close(s.done) }) }

// idle closes Done if there is nothing left to do. On the loop.
func (s *Server) idle() {
	if s.options.Multi || s.extended && !s.options.Once || len(s.own.processes) != 0 {
		return
	}
	for c := range s.clients {
		if len(c.processes) != 0 || c.busy {
			return
		}
	}
	// Who is told of the end last can still ask what it was.
	if len(s.clients) == 0 {
		s.finish()
	}
}

// Run starts a program, which stands at its first instruction when Run returns,
// for the first client to come. The error is a *launch.Error if it could not be
// executed.
func (s *Server) Run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("no program to run")
	}
	var start *starting
	if err := s.do(ctx, func() error {
		s.program = args
		start = s.own.prepare()
		return nil
	}); err != nil {
		return err
	}
	_, err := start.run(ctx)
	return err
}

// Attach attaches to a process and stops it, for the first client to come.
func (s *Server) Attach(ctx context.Context, pid int) error {
	if err := s.core.Admit(ctx, pid); err != nil {
		return err
	}
	var p *process
	err := s.do(ctx, func() (err error) {
		p, err = s.own.attach(pid, true)
		return err
	})
	if err != nil {
		return err
	}
	return s.own.awaitQuiet(ctx, p)
}

// Close ends all connections, kills the processes that were started here and are
// still debugged, lets the others go, and waits until nothing of the server runs
// any more. The core stays open.
func (s *Server) Close(ctx context.Context) error {
	var killed []Process
	err := s.do(ctx, func() error {
		debugged := map[int]bool{}
		for c := range maps.Keys(s.clients) {
			maps.Copy(debugged, c.pids())
			c.hangUp()
		}
		maps.Copy(debugged, s.own.pids())
		var kill, leave string
		for _, pid := range slices.Sorted(maps.Keys(debugged)) {
			if p := s.launched[pid]; p != nil {
				_ = p.Kill()
				killed = append(killed, p)
				kill += fmt.Sprintf(" %d", pid)
			} else {
				leave += fmt.Sprintf(" %d", pid)
			}
		}
		if kill != "" {
			s.logf("Killing process(es):%s\n", kill)
		}
		if leave != "" {
			s.logf("Detaching process(es):%s\n", leave)
		}
		s.own.leaveAll()
		return nil
	})
	s.stop()
	s.finish()
	for _, p := range killed {
		_, _ = p.Wait(ctx)
	}
	s.tasks.Wait()
	s.terminal.GiveBack()
	return err
}

// debugged reports whether a client other than one has the process. On the loop.
func (s *Server) debugged(pid int, except *session) bool {
	for c := range s.clients {
		if c != except && c.processes[pid] != nil && !c.observer {
			return true
		}
	}
	return s.own != except && s.own.processes[pid] != nil
}

// exists reports whether there is a process, for errors that say so.
func exists(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
