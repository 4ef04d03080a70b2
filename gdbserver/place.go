package gdbserver

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
)

// Place is the process that users know as the server, if that is not this one: it
// starts the programs, which are its children, and opens files. The zero value is
// this process.
type Place struct {
	// PID is its id, to which nobody can attach.
	PID int
	// Environ is its environment, and Dir its working directory.
	Environ []string
	Dir     string
	// Stderr is its standard error, for programs without other output.
	Stderr *os.File
	// Open opens a file, as os.OpenFile does.
	Open func(name string, flag int, perm fs.FileMode) (*os.File, error)
	// Start starts a program under a core, as host.Start does. It finds out whether
	// there is a terminal for one in the foreground.
	Start func(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (Process, error)
	// Recover is deferred in all that goroutines and the loop do for clients.
	Recover func()
}

// Process is a program that was started. *launch.Process is one.
type Process interface {
	PID() int
	Kill() error
	Wait(ctx context.Context) (launch.Status, error)
}

func (p *Place) pid() int {
	if p.PID != 0 {
		return p.PID
	}
	return os.Getpid()
}

func (p *Place) environ() []string {
	if p.Environ != nil {
		return p.Environ
	}
	return os.Environ()
}

// path is where a path leads that is relative to the working directory.
func (p *Place) path(path string) string {
	if p.Dir == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.Dir, path)
}

func (p *Place) getwd() (string, error) {
	if p.Dir != "" {
		return p.Dir, nil
	}
	return os.Getwd()
}

func (p *Place) stderr() *os.File {
	if p.Stderr != nil {
		return p.Stderr
	}
	return os.Stderr
}

func (p *Place) open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if p.Open != nil {
		return p.Open(name, flag, perm)
	}
	return os.OpenFile(name, flag, perm)
}

func (p *Place) start(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (Process, error) {
	if p.Start != nil {
		return p.Start(ctx, core, cmd, attach)
	}
	started, err := host.Start(ctx, core, cmd, attach)
	if err != nil {
		return nil, err // no *launch.Process that is nil
	}
	return started, nil
}

// guard has f's panic be the place's.
func (p *Place) guard(f func()) {
	if p.Recover != nil {
		defer p.Recover()
	}
	f()
}

// work runs f on a goroutine, for which Close waits.
func (s *Server) work(f func()) {
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		s.options.Place.guard(f)
	}()
}

// do has the loop call f, and waits for that.
func (s *Server) do(ctx context.Context, f func() error) error {
	return s.core.Do(ctx, func() error {
		err := failed // of one that panics
		s.options.Place.guard(func() { err = f() })
		return err
	})
}

// after has the loop call f after a while. On the loop.
func (s *Server) after(d time.Duration, f func()) {
	s.core.Loop().After(d, func() { s.options.Place.guard(f) })
}

// post has the loop call f soon.
func (s *Server) post(f func()) {
	s.core.Loop().Post(func() { s.options.Place.guard(f) })
}
