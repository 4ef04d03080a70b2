package launch

import (
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

// Replace executes the command in place of this program, in the same process:
// with the signal mask, ignored signals, descriptors, limits and environment
// that this process was given. What the calling thread has got since, such as a
// filter, stays; so the goroutine should be locked to it.
//
// It returns only if the command cannot be prepared, or its file cannot be
// executed as far as that can be told in advance. If the exec itself fails then,
// there is no way back: the process ends with status 126 and a message on
// standard error. SetPgid, Foreground and User are not for Replace: EINVAL.
func Replace(cmd *Command) error {
	if err := cmd.check(); err != nil {
		return err
	}
	if cmd.SetPgid || cmd.Foreground || cmd.User != nil || cmd.Filter != nil {
		return &Error{Op: opExec, Path: cmd.Path, Err: unix.EINVAL}
	}
	if cmd.Dir == "" {
		if err := executable(cmd.Path); err != nil {
			return &Error{Op: opExec, Path: cmd.Path, Err: err}
		}
	}
	var s script
	defer s.free()
	var mine temporary
	defer mine.close()
	if err := cmd.inPlace(&s, &mine); err != nil {
		return err
	}

	message := slices.Concat([]byte("cannot execute "), []byte(cmd.Path), []byte("\n"))
	all := new(uint64)
	*all = ^uint64(0)
	block := spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, address(&s, all), 0, sigsetSize}}
	prog := &spawn.Program{
		// Where a fork would come, the signals are blocked once more: its
		// result is 0, too, and so spawn goes on as if it were the child.
		Block: block, Clone: block, Unblock: block,
		First: &s.calls[0],
		Fail:  spawn.Call{NR: unix.SYS_WRITE, Args: [5]uintptr{2, address(&s, &message[0]), uintptr(len(message))}},
		Exit:  spawn.Call{NR: unix.SYS_EXIT_GROUP, Args: [5]uintptr{126}},
	}
	address(&s, prog.First)
	address(&s, prog)
	runtime.LockOSThread()
	spawn.Start(prog)
	panic("launch: spawn has returned in place of the child")
}

// executable finds out what execve(2) is going to refuse because of the file itself.
func executable(path string) error {
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS); err != nil {
		return err
	}
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil {
		return err
	}
	if file.Mode&unix.S_IFMT != unix.S_IFREG {
		return unix.EACCES
	}
	return nil
}

// inPlace writes what this process does on its way to the exec.
func (cmd *Command) inPlace(s *script, mine *temporary) error {
	restoreSignals(s)
	if err := cmd.files(s, mine); err != nil {
		return err
	}
	restoreLimit(s)
	if cmd.Dir != "" {
		s.add("chdir", cmd.Dir, spawn.Errors, unix.SYS_CHDIR, s.text(cmd.Dir))
	}
	restoreMask(s)
	args := cmd.Args
	if len(args) == 0 {
		args = []string{cmd.Path}
	}
	env := cmd.Env
	if env == nil {
		env = environ()
	}
	s.add(opExec, cmd.Path, spawn.Errors, unix.SYS_EXECVE, s.text(cmd.Path), s.texts(args), s.texts(env))
	return nil
}
