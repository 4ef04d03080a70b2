package keeper

import (
	"runtime"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// armed are the threads whose debug registers are in use, by id, with the time at
// which each started. The kernel leaves the registers as they are when the
// tracer dies, and a match is then a SIGTRAP that kills the program.
type armed map[int]uint64

func (a armed) note(r record) {
	if r.kind == watchesSet {
		a[r.process] = r.addr
	} else {
		delete(a, r.process)
	}
}

// disarmTime bounds how long it may take: a thread in an uninterruptible sleep does
// not stop, and does not come to what it is watched for either.
const disarmTime = time.Second

// disarm switches the debug registers of all of them off. Only a tracer can, so
// each is attached to for a moment. What a thread matches meanwhile is taken
// from it.
func (a armed) disarm() {
	if len(a) == 0 {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread's end lets go of who does not stop
		deadline := time.Now().Add(disarmTime)
		for _, tid := range a.seize(deadline) {
			disarmThread(tid, deadline)
		}
	}()
	<-done
}

// again is how long to wait before something is asked for once more.
const again = 100 * time.Microsecond

// seize attaches to all threads that can be attached to. The owner's end of the
// socket is closed before the kernel takes its tracees away from it (do_exit in
// kernel/exit.c), so they are waited for.
func (a armed) seize(deadline time.Time) (seized []int) {
	for tid, start := range a {
		for isThread(tid, start) && time.Now().Before(deadline) {
			if ptrace.Seize(tid, 0) == nil {
				seized = append(seized, tid)
				_ = ptrace.Interrupt(tid)
				break
			}
			if status, err := procfs.ReadStatus(tid); err != nil || status.Tracer == 0 {
				break // that is not the reason
			}
			time.Sleep(again)
		}
	}
	return seized
}

// isThread reports whether the thread by that id is the one that started then.
func isThread(tid int, start uint64) bool {
	stat, err := procfs.ReadStat(tid)
	return err == nil && stat.Start == start
}

// disarmThread does it for a thread that has been asked to stop, and lets it go.
func disarmThread(tid int, deadline time.Time) {
	for off := false; ; {
		status, ok := await(tid, deadline)
		if !ok || !status.Stopped() {
			return
		}
		if machine, ok := regset.NativeABI().(regset.Watcher); ok && !off {
			off = machine.SetWatches(user(tid), nil) == nil
		}
		sig := 0
		// An event of ptrace's is no signal (ptrace(2)).
		if uint32(status)>>16 == 0 && !atWatch(tid) {
			sig = int(status.StopSignal())
		}
		if !watchPending(tid) {
			_ = ptrace.Detach(tid, sig)
			return
		}
		if ptrace.Cont(tid, sig) != nil {
			return
		}
	}
}

// await waits for a stop of a tracee.
func await(tid int, deadline time.Time) (status syscall.WaitStatus, ok bool) {
	for time.Now().Before(deadline) {
		n, err := syscall.Wait4(tid, &status, ptrace.WaitAll|syscall.WNOHANG, nil)
		if n == tid || err != nil && err != syscall.EINTR {
			return status, err == nil
		}
		time.Sleep(again)
	}
	return 0, false
}

// atWatch reports whether the signal at which a thread is stopped is that of a
// match.
func atWatch(tid int) bool {
	var info tracehook.Siginfo
	return ptrace.GetSiginfo(tid, (*ptrace.Siginfo)(&info)) == nil && isWatch(&info)
}

// watchPending reports whether that signal is still to come.
func watchPending(tid int) bool {
	var infos [4]ptrace.Siginfo
	n, _ := ptrace.PeekSiginfo(tid, ptrace.ThreadQueue, 0, infos[:])
	for i := range infos[:n] {
		if isWatch((*tracehook.Siginfo)(&infos[i])) {
			return true
		}
	}
	return false
}

// isWatch: sigaction(2) has the code TRAP_HWBKPT.
func isWatch(info *tracehook.Siginfo) bool {
	const trapHwbkpt = 4
	return info.Signo() == int(syscall.SIGTRAP) && info.Code() == trapHwbkpt
}

// user gives access to the debug registers of a tracee, which are words of struct
// user.
type user int

var _ regset.Transport = user(0)

// PeekUser implements regset.Transport.
func (tid user) PeekUser(off uintptr) (uint64, error) { return ptrace.PeekUser(int(tid), off) }

// PokeUser implements regset.Transport.
func (tid user) PokeUser(off uintptr, v uint64) error { return ptrace.PokeUser(int(tid), off, v) }

// ReadRegset implements regset.Transport.
func (tid user) ReadRegset(note regset.Note, p []byte) (int, error) {
	return ptrace.GetRegset(int(tid), uint32(note), p)
}

// WriteRegset implements regset.Transport.
func (tid user) WriteRegset(note regset.Note, p []byte) error {
	_, err := ptrace.SetRegset(int(tid), uint32(note), p)
	return err
}
