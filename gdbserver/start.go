package gdbserver

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/launch"
)

// starting is the start of a program for a client.
type starting struct {
	s     *session
	given string // the program's name, as it was told
	name  string
	cmd   launch.Command
	// execs is how many programs are executed on the way, the last one included:
	// a shell, a wrapper.
	execs int
}

// prepare takes down how a program is to be started, as things stand now. On the
// loop.
func (s *session) prepare() *starting {
	o := &s.server.options
	args := append([]string{o.Place.located(s.server.program[0])}, s.server.program[1:]...)
	st := &starting{s: s, given: s.server.program[0], name: args[0], execs: 1}
	if s.settings.shell {
		shell := shellOf(o.Place.environ())
		words := append([]string{"exec"}, o.Wrapper...)
		for _, arg := range args {
			words = append(words, quote(arg))
		}
		args = []string{shell, "-c", strings.Join(words, " ")}
		st.execs++
	} else if len(o.Wrapper) != 0 {
		args = append(append([]string(nil), o.Wrapper...), args...)
	}
	if len(o.Wrapper) != 0 {
		st.execs++
	}
	st.cmd = launch.Command{Path: args[0], Args: args, Env: s.settings.environment, Dir: o.Place.expanded(s.settings.directory), SetPgid: true, NoRandomize: !s.settings.randomize}
	st.cmd.Foreground = o.Place.Start != nil || s.server.terminal.Take()
	return st
}

// shellOf is the shell of who has this environment.
func shellOf(environ []string) string {
	if shell := variable(environ, "SHELL"); shell != "" {
		return shell
	}
	return "/bin/sh"
}

// variable is the value of an environment's variable; "" if it has none.
func variable(environ []string, name string) string {
	for _, pair := range environ {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// expanded is a path with a home directory in place of a "~", or of "~" and a user's name,
// at its front. Clients leave that to the server, whose home it is.
func (p *Place) expanded(path string) string {
	name, rest, _ := strings.Cut(path, "/")
	name, found := strings.CutPrefix(name, "~")
	if !found {
		return path
	}
	home := variable(p.environ(), "HOME")
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return path
		}
		home = u.HomeDir
	}
	return filepath.Join(home, rest)
}

// located is the absolute path of a program that is in the working directory and was
// named without a path; others are looked for in PATH. A path stays as it is, as with
// gdbserver: the program finds it in its arguments.
func (p *Place) located(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	if info, err := os.Stat(p.path(name)); err != nil || !info.Mode().IsRegular() {
		return name
	}
	path, err := filepath.Abs(p.path(name))
	if err != nil {
		return name
	}
	return path
}

// quote makes a word of a shell's command line.
func quote(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// run starts the program and returns when it stands at its first instruction.
func (st *starting) run(ctx context.Context) (*process, error) {
	s := st.s.server
	if err := st.open(); err != nil {
		return nil, err
	}
	defer st.closeFiles()
	var p *process
	started := make(chan error, 1)
	child, err := s.options.Place.start(ctx, s.core, &st.cmd, func(pid int) error {
		if err := s.core.Admit(ctx, pid); err != nil {
			return err
		}
		return s.do(ctx, func() error {
			if st.s.gone {
				return utrace.ErrGone // nobody is left to debug it
			}
			p = st.s.addProcess(pid, false)
			st.s.began = p
			p.startup = st.execs
			p.started = func(err error) { started <- err }
			_, err := p.attachThread(pid)
			if err != nil {
				st.s.forget(p)
			}
			return err
		})
	})
	if exec := new(launch.Error); errors.As(err, &exec) && exec.Op == "exec" {
		text := exec.Err.Error()
		s.logf("gdbserver: Cannot exec %s\ngdbserver: Error: %s\n", st.given, strings.ToUpper(text[:1])+text[1:])
		return nil, &notExecuted{err}
	}
	if err != nil {
		return nil, err
	}
	if err := s.do(ctx, func() error {
		if st.s.processes[p.pid] == p {
			s.launched[p.pid] = child
		}
		return nil
	}); err != nil {
		return nil, err
	}
	select {
	case err := <-started:
		if err != nil { // it has ended, or its client has gone
			_ = child.Kill()
			return nil, err
		}
		s.logf("Process %s created; pid = %d\n", st.name, child.PID())
		return p, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), child.Kill())
	}
}

// notExecuted is the error of a program that cannot be executed, in the words of
// gdbserver, whose child process ends so.
type notExecuted struct{ err error }

func (e *notExecuted) Error() string { return "During startup program exited with code 127." }
func (e *notExecuted) Unwrap() error { return e.err }

// open opens what the program gets in place of our standard input and output,
// over which a client is connected.
func (st *starting) open() error {
	if !st.s.server.options.Quiet {
		return nil
	}
	st.s.server.logf("stdin/stdout redirected\n")
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	st.cmd.Files = []*os.File{null, st.s.server.options.Place.stderr(), st.s.server.options.Place.stderr()}
	return nil
}

func (st *starting) closeFiles() {
	if len(st.cmd.Files) != 0 {
		_ = st.cmd.Files[0].Close()
	}
}

// Join waits for the end of the programs that were started here and that nobody
// debugs any more, unless a client has told the server to end.
func (s *Server) Join(ctx context.Context) error {
	var list []Process
	if err := s.do(ctx, func() error {
		for pid, p := range s.launched {
			if !s.told && !s.debugged(pid, nil) {
				list = append(list, p)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range list {
		if _, err := p.Wait(ctx); err != nil && !errors.Is(err, syscall.ECHILD) {
			return err
		}
	}
	return nil
}
