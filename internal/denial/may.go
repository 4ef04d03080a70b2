package denial

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
)

// May reports why a process, or thread, may not trace another thread, whatever
// this process may; nil: it may. Where this process has the privileges for that, the
// kernel is asked with the other one's identity, else the rules are compared.
func May(client, tid int) error {
	own, err := procfs.ReadStatus(os.Getpid())
	if err != nil {
		return err
	}
	it, err := procfs.ReadStatus(client)
	if err != nil {
		return &Error{TID: tid, Rule: Unknown, Errno: syscall.EPERM, Reason: "the tracer has ended"}
	}
	mine, _ := procfs.UserNamespace(os.Getpid())
	theirs, err := procfs.UserNamespace(client)
	foreign := err == nil && theirs != mine
	if !foreign && it.UIDs == own.UIDs && it.GIDs == own.GIDs && it.Permitted == own.Permitted {
		return related(client, tid, own)
	}
	f := lookAs(client, tid)
	refused := f.judge()
	const identities = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_DAC_OVERRIDE
	if own.Effective&identities != identities {
		return f.refusal(tid, refused)
	}
	caps := it.Permitted
	if foreign {
		caps &^= capSysPtrace // it is worth nothing outside of its namespace
	}
	err = askAs(it.UIDs[0], it.GIDs[0], caps&own.Permitted, tid)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.ENOENT):
		refused = Error{Rule: NoThread, Reason: "there is no such thread"}
	case foreign && f.sameNamespace && it.Effective&capSysPtrace != 0 && refused.Rule != Yama:
		return nil
	case f.yama == 1 && refused.Rule != Yama:
		// It is not our descendant, which Yama looks for, but the client's.
		return f.refusal(tid, refused)
	}
	refused.TID, refused.Errno = tid, syscall.EPERM
	return &refused
}

// refusal is the rule that keeps a client from tracing, nil if it may. What stands
// in the way of a second tracer does not concern who shares one.
func (f facts) refusal(tid int, e Error) error {
	switch e.Rule {
	case Unknown, Zombie, Traced, TracerFiltered:
		return nil
	}
	e.TID, e.Errno = tid, syscall.EPERM
	return &e
}

// askAs opens a thread's memory with another identity: that takes the same right as
// to trace it (PTRACE_MODE_ATTACH_FSCREDS in mem_open of fs/proc/base.c). The
// identity is one of a thread of its own, whose real ids stay, so that nobody can
// send it signals because of it (credentials(7)).
func askAs(uid, gid int, caps uint64, tid int) error {
	return onThread(func() error {
		const override = 1 << unix.CAP_DAC_OVERRIDE // a capability may be all that lets it trace
		if err := assume(uid, gid, caps|override); err != nil {
			return err
		}
		fd, err := unix.Open("/proc/"+strconv.Itoa(tid)+"/mem", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err == nil {
			_ = unix.Close(fd)
		}
		return err
	})
}

// onThread runs f on a thread that ends with it. That is not the first one, which
// the runtime keeps, and whose identity counts as the process's.
func onThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			result <- onThread(f) // on another one, for this one is taken
			runtime.UnlockOSThread()
			return
		}
		result <- f()
	}()
	return <-result
}

// assume changes the calling thread's file system ids, which the kernel checks for
// access to files, and its effective capabilities.
func assume(uid, gid int, caps uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	// These calls say nothing about failure but by the ids of the next call.
	unix.RawSyscall(setfsgid, uintptr(gid), 0, 0)
	unix.RawSyscall(setfsuid, uintptr(uid), 0, 0)
	is, _, _ := unix.RawSyscall(setfsuid, ^uintptr(0), 0, 0)
	if int(int32(is)) != uid {
		return unix.EPERM
	}
	for i := range sets {
		sets[i].Effective = uint32(caps>>(32*i)) & sets[i].Permitted
	}
	return unix.Capset(&header, &sets[0])
}
