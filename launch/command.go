package launch

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/spawn"
)

// Command describes a program to be started. The zero value of each field
// but Path leaves a thing as this process was given it.
type Command struct {
	Path string   // the program's file; see LookPath
	Args []string // with the program's name; empty: only Path
	Env  []string // nil: the environment of this process
	Dir  string   // working directory; a relative Path is looked up in it

	// Files become the descriptors 0, 1 and so on; an absent one (nil) is
	// closed. With no Files at all the program gets the descriptors 0 to 2
	// that this process was given, closed ones closed. Others are inherited if
	// they are not close-on-exec, as always.
	Files []*os.File

	// SetPgid puts the program into a process group of its own. Foreground,
	// which includes SetPgid, makes that the foreground group of the
	// controlling terminal.
	SetPgid    bool
	Foreground bool

	// NoRandomize has the program's memory laid out in the same way each time
	// (personality(2), ADDR_NO_RANDOMIZE), unless that is forbidden.
	NoRandomize bool

	// User changes the user and group ids, as setuid(2) does.
	User *User

	// Filter is a seccomp filter in force from the exec on: of all system
	// calls of this package it sees only the execve. If this process has not
	// CAP_SYS_ADMIN, or User is set, the program also gets no_new_privs, which
	// the kernel demands. Remember that a call answered with RET_TRACE fails
	// with ENOSYS when no tracer is there: have one before Release.
	Filter []Instruction

	// Tracer is a process that may trace the program up to its exec, where the
	// Yama security module lets ancestors only (prctl(2), PR_SET_PTRACER).
	Tracer int
}

// Instruction is one of a seccomp filter.
type Instruction = unix.SockFilter

// User is an identity for a program.
type User struct {
	UID, GID uint32
	Groups   []uint32 // supplementary groups, replacing all inherited ones
}

// Start makes a process for the command and returns when it is held, ready to
// exec: it sleeps in a read(2), with the signal mask and the signal
// dispositions that the program will have.
//
// The process is made by a plain fork, which copies page tables: it takes
// longer the more memory this process uses, some 40 ms per GiB, and stops the
// garbage collector meanwhile. The quick ways that share memory until the exec
// do not go with holding: vfork would suspend the caller, and without that a
// tracer of the held process would have its hands in ours.
//
// A held process has copies of all descriptors of this process, as between
// any fork and exec: do not wait for the end of a pipe before Release. If this
// process dies, the held one exits.
//
// What can fail before exec is an [*Error] here. A caller must see to it that
// somebody reaps the process, Wait or a tracer.
func Start(cmd *Command) (*Process, error) {
	if err := cmd.check(); err != nil {
		return nil, err
	}
	var s script
	s.calls, s.what = make([]spawn.Call, 0, 80), make([]Error, 0, 80)
	defer s.free()

	// Neither os/exec's children may get our descriptors, nor ours theirs.
	syscall.ForkLock.Lock()
	p, err := cmd.fork(&s)
	syscall.ForkLock.Unlock()
	if err != nil {
		return nil, err
	}
	if err := p.awaitHeld(); err != nil {
		return nil, err
	}
	return p, nil
}

// check refuses what C strings cannot express.
func (cmd *Command) check() error {
	if cmd.Path == "" {
		return &Error{Op: opExec, Err: unix.ENOENT}
	}
	for _, list := range [][]string{{cmd.Path, cmd.Dir}, cmd.Args, cmd.Env} {
		for _, t := range list {
			if strings.IndexByte(t, 0) >= 0 {
				return &Error{Op: "zero byte in argument", Path: strconv.Quote(t), Err: unix.EINVAL}
			}
		}
	}
	if len(cmd.Filter) > 4096 { // BPF_MAXINSNS
		return &Error{Op: "seccomp", Err: unix.EINVAL}
	}
	return nil
}

// fork makes the process. The fork lock is held.
func (cmd *Command) fork(s *script) (*Process, error) {
	var mine temporary
	defer mine.close()

	ours, theirs, err := mine.channel(max(3, len(cmd.Files)))
	if err != nil {
		return nil, err
	}
	// Written in the child, which has its own copy of this variable.
	self := new(int32)
	if err := cmd.write(s, &mine, ours, theirs, self); err != nil {
		return nil, err
	}

	pidfd := new(int32)
	*pidfd = -1
	all, old := new(uint64), new(uint64)
	*all = ^uint64(0)
	prog := new(spawn.Program)
	prog.Block = spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, address(s, all), address(s, old), sigsetSize}}
	prog.Unblock = spawn.Call{NR: unix.SYS_RT_SIGPROCMASK, Args: [5]uintptr{unix.SIG_SETMASK, address(s, old), 0, sigsetSize}}
	prog.Clone = spawn.Call{NR: unix.SYS_CLONE, Args: spawn.CloneArgs(
		unix.CLONE_PIDFD|unix.CLONE_CHILD_SETTID|uintptr(unix.SIGCHLD), address(s, pidfd), address(s, self))}
	prog.First = &s.calls[0]
	address(s, prog.First)
	address(s, prog)
	prog.Fail = send(theirs, uintptr(unsafe.Pointer(&prog.Failure)), unsafe.Sizeof(prog.Failure))
	prog.Exit = spawn.Call{NR: unix.SYS_EXIT_GROUP, Args: [5]uintptr{failStatus}}

	pid := int(spawn.Start(prog))
	if pid < 0 {
		return nil, &Error{Op: "fork", Err: syscall.Errno(-pid)}
	}
	p, err := newProcess(pid, int(*pidfd), mine.keep(ours), s)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// failStatus is the exit status of a child that could not exec, as it is of strace's.
// Only a tracer sees it; what went wrong is in the error.
const failStatus = 1

// write writes the child's part.
func (cmd *Command) write(s *script, mine *temporary, ours, theirs int, self *int32) error {
	// The child's copy of our end would keep the channel open after our death.
	s.add("close", "", spawn.Check{}, unix.SYS_CLOSE, uintptr(ours))

	restoreSignals(s)
	if err := cmd.files(s, mine); err != nil {
		return err
	}
	restoreLimit(s)
	if err := cmd.group(s, mine, self); err != nil {
		return err
	}
	if cmd.Dir != "" {
		s.add("chdir", cmd.Dir, spawn.Errors, unix.SYS_CHDIR, s.text(cmd.Dir))
	}
	cmd.layout(s)
	cmd.identity(s)
	restoreMask(s)
	if cmd.Tracer != 0 {
		// It fails where there is no such module.
		s.add("ptracer", "", spawn.Check{}, unix.SYS_PRCTL, unix.PR_SET_PTRACER, uintptr(cmd.Tracer))
	}

	// Held from here: the byte that we send says so, the byte that we read is
	// the permission to go on, and the end of file is the parent's death.
	message := new(byte)
	held := send(theirs, address(s, message), 1)
	s.add("send", "", spawn.Errors, held.NR, held.Args[:]...)
	s.add("hold", "", spawn.ErrorsOr0, unix.SYS_READ, uintptr(theirs), address(s, message), 1)

	if len(cmd.Filter) > 0 {
		// Without the flag the kernel may slow the program down by mitigations
		// of speculative execution.
		prog := &unix.SockFprog{Len: uint16(len(cmd.Filter)), Filter: &cmd.Filter[0]}
		address(s, prog.Filter)
		s.add("seccomp", "", spawn.Errors, unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, address(s, prog))
	}
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

// files puts the descriptors into their places.
func (cmd *Command) files(s *script, mine *temporary) error {
	if cmd.Files == nil {
		restoreClosed(s)
		return nil
	}
	for i, f := range cmd.Files {
		if f == nil {
			s.add("close", "", spawn.Check{}, unix.SYS_CLOSE, uintptr(i))
			continue
		}
		// A copy beyond all targets, so that none is overwritten before its
		// turn. Fd makes the file blocking, as a program expects it.
		fd, err := mine.dup(int(f.Fd()), max(3, len(cmd.Files)))
		if err != nil {
			return &Error{Op: "dup", Path: f.Name(), Err: err}
		}
		s.add("dup", f.Name(), spawn.Errors, unix.SYS_DUP3, uintptr(fd), uintptr(i), 0)
	}
	return nil
}

// group sets process group and terminal. All signals are blocked meanwhile,
// so that SIGTTOU does not stop a process that makes itself the foreground.
func (cmd *Command) group(s *script, mine *temporary, self *int32) error {
	if cmd.SetPgid || cmd.Foreground {
		s.add("setpgid", "", spawn.Errors, unix.SYS_SETPGID, 0, 0)
	}
	if !cmd.Foreground {
		return nil
	}
	const terminal = "/dev/tty"
	fd, err := unix.Open(terminal, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return &Error{Op: "open", Path: terminal, Err: err}
	}
	mine.add(fd)
	s.add("tcsetpgrp", terminal, spawn.Errors, unix.SYS_IOCTL, uintptr(fd), unix.TIOCSPGRP, address(s, self))
	return nil
}

// layout sets the flag beside those that the program inherits. A container may forbid
// it: the program runs all the same.
func (cmd *Command) layout(s *script) {
	if !cmd.NoRandomize {
		return
	}
	const (
		query       = 0xffffffff
		noRandomize = 0x0040000 // ADDR_NO_RANDOMIZE in linux/personality.h
	)
	if old, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, query, 0, 0); errno == 0 {
		s.add("personality", "", spawn.Check{}, unix.SYS_PERSONALITY, old|noRandomize)
	}
}

// identity changes the user, in an order that keeps the permission to do so
// until the end.
func (cmd *Command) identity(s *script) {
	if u := cmd.User; u != nil {
		var groups uintptr
		if len(u.Groups) > 0 {
			groups = address(s, &slices.Clone(u.Groups)[0])
		}
		s.add("setgroups", "", spawn.Errors, sysSetgroups, uintptr(len(u.Groups)), groups)
		s.add("setgid", "", spawn.Errors, sysSetgid, uintptr(u.GID))
		s.add("setuid", "", spawn.Errors, sysSetuid, uintptr(u.UID))
	}
	if len(cmd.Filter) > 0 && (cmd.User != nil || !isAdmin()) {
		s.add("no_new_privs", "", spawn.Errors, unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
	}
}

// send is a write to the channel that raises no SIGPIPE: a signal would end
// the child in another way than exit.
func send(fd int, memory, size uintptr) spawn.Call {
	return spawn.Call{NR: unix.SYS_SENDTO, Args: [5]uintptr{uintptr(fd), memory, size, unix.MSG_NOSIGNAL}}
}
