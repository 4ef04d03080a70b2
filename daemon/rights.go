package daemon

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/denial"
)

// peer is who has connected, as of then (SO_PEERCRED in unix(7)).
type peer struct {
	pid      int
	uid, gid uint32
}

func peerOf(c *net.UnixConn) (p peer, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return p, err
	}
	var cred *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return p, err
	}
	if failed != nil {
		return p, failed
	}
	return peer{int(cred.Pid), cred.Uid, cred.Gid}, nil
}

// admit decides who may connect: the user whose owner this is, and root. The
// owner of the whole system, which is root's, is for everybody: what each may
// do is asked of the kernel.
func (o *owner) admit(p peer) error {
	if own := os.Getuid(); own != 0 && int(p.uid) != own && p.uid != 0 {
		return fmt.Errorf("process %d of user %d may not use the owner of user %d: %w", p.pid, p.uid, own, syscall.EPERM)
	}
	return nil
}

// authorize checks that the client may trace a thread: the kernel has let it
// open the thread's memory, which takes the same right as ptrace(2)
// (PTRACE_MODE_ATTACH in proc(5), "/proc/pid/mem"). The client has passed the
// descriptor. That the program there is still the one which the client opened
// is checked by reading what the kernel gave this very program.
func (c *call) authorize(thread int) error {
	if len(c.fds) != 1 {
		return fmt.Errorf("%w: the descriptor of /proc/%d/mem has to come with the request: it proves that the kernel lets you trace the thread", errParams, thread)
	}
	return denial.Proof(thread, c.fds[0])
}

// renew decides whether the client may go on tracing a thread that has executed
// another program, which can be set-user-id: for a tracer without privileges the
// kernel would have withheld these (execve(2)), and to an owner with privileges
// it cannot do that.
func (s *session) renew(thread int) bool { return denial.May(s.peer.pid, thread) == nil }

// follow attaches to the client's process, and to all that will descend from it,
// where only so this process may trace them (see denial.Restricted). Elsewhere, it
// does nothing.
func (s *session) follow() (*utrace.Group, error) {
	restricted, err := denial.Restricted()
	if !restricted {
		return nil, err
	}
	idle := &utrace.Funcs{}
	group, err := s.core.AttachGroup(s.ctx, s.peer.pid, utrace.Tree, func(*utrace.Thread) any { return idle },
		utrace.WithName(fmt.Sprintf("Yama, for process %d", s.peer.pid)))
	if err != nil {
		return nil, fmt.Errorf("the owner process %d is not allowed to trace you: %w", os.Getpid(), err)
	}
	return group, nil
}

// trusted reports whether the client is this user's own.
func (s *session) trusted() bool { return int(s.peer.uid) == os.Getuid() }
