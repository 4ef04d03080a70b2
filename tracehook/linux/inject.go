package linux

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/tracehook"
)

// injection is a signal that is going to be reported, and delivered.
type injection struct {
	info  tracehook.Siginfo
	quiet bool // delivered without a report
}

// Inject makes the task report a Signal with exactly this siginfo.
//
// The kernel delivers a signal only at its own signal-delivery-stop, and it
// lets nobody else send a siginfo that looks like the kernel's. So a carrier is
// queued, and when it arrives, PTRACE_SETSIGINFO makes it the signal that was
// meant. Injections travel one by one, which keeps their order.
func (t *task) Inject(info *tracehook.Siginfo) error {
	if err := t.mustStop(); err != nil {
		return err
	}
	signo := info.Signo()
	if signo < 1 || signo > lastSignal || signo == int(syscall.SIGKILL) {
		// SIGKILL is never reported, so it cannot be injected either.
		return fmt.Errorf("inject signal %d into thread %d: %w", signo, t.tid, tracehook.ErrInvalid)
	}
	return t.queue(injection{info: *info})
}

func (t *task) queue(in injection) error {
	t.inject = append(t.inject, in)
	if t.carrier != 0 {
		return nil
	}
	if err := t.send(); err != nil {
		t.inject = t.inject[:len(t.inject)-1]
		return err
	}
	return nil
}

// send queues the carrier of the first injection.
func (t *task) send() error {
	carrier, err := t.chooseCarrier(t.inject[0].info.Signo())
	if err != nil {
		return err
	}
	var info tracehook.Siginfo
	info.SetSigno(carrier)
	info.SetCode(tracehook.SiQueue)
	info.SetPID(t.l.self)
	t.l.tokens++
	t.token = t.l.tokens
	setValue(&info, t.token)
	if err := ptrace.QueueThread(t.group.tgid, t.tid, carrier, (*ptrace.Siginfo)(&info)); err != nil {
		if err == syscall.ESRCH {
			return tracehook.ErrGone
		}
		return fmt.Errorf("inject a signal into thread %d: %w", t.tid, err)
	}
	t.carrier = carrier
	return nil
}

// chooseCarrier takes the signal itself if that travels unchanged: a standard
// signal that is pending already would merge with it, one that is blocked would
// have to be unblocked together with others of its kind, and those of job
// control act when they are sent. Otherwise it takes a real-time signal.
func (t *task) chooseCarrier(signo int) (int, error) {
	status, err := procfs.ReadStatus(t.tid)
	if err != nil {
		return 0, tracehook.ErrGone
	}
	mask, err := ptrace.GetSigMask(t.tid)
	if err != nil {
		return 0, result(err)
	}
	busy := mask | status.Pending | status.SharedPending
	if busy&sigbit(signo) == 0 && !jobControl(signo) {
		return signo, nil
	}
	const firstRealtime = 32
	free := 0
	for n := lastSignal; n >= firstRealtime; n-- {
		switch bit := sigbit(n); {
		case busy&bit == 0:
			return n, nil
		case free == 0 && (status.Pending|status.SharedPending)&bit == 0:
			free = n // blocked, but nothing else comes through its hole
		}
	}
	if free == 0 {
		return 0, fmt.Errorf("inject a signal into thread %d: every real-time signal is pending: %w", t.tid, syscall.EAGAIN)
	}
	return free, nil
}

// jobControl: sending it stops or continues the process at once.
func jobControl(signo int) bool {
	switch syscall.Signal(signo) {
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGCONT:
		return true
	}
	return false
}

// isCarrier recognises the carrier that is under way.
func (t *task) isCarrier(info *tracehook.Siginfo) bool {
	return info.Signo() == t.carrier && info.Code() == tracehook.SiQueue &&
		info.PID() == t.l.self && value(info) == t.token
}

// arrived turns the carrier into the signal that was meant, and reports it.
func (t *task) arrived() {
	in := t.inject[0]
	t.inject[0] = injection{}
	t.inject = t.inject[1:]
	t.carrier = 0
	if err := ptrace.SetSiginfo(t.tid, (*ptrace.Siginfo)(&in.info)); err != nil {
		t.killed()
		return
	}
	t.signal = in.info.Signo()
	if in.quiet {
		t.pass(t.signal)
		return
	}
	t.l.event(tracehook.Signal).Signal = t.signal
	t.deliver()
}

// The value of a queued signal (si_value) stands behind si_pid and si_uid.
const valueAt = 12 + (unsafe.Sizeof(uintptr(0))-4)&4 + 8

func setValue(info *tracehook.Siginfo, v uintptr) {
	if unsafe.Sizeof(v) == 4 {
		binary.NativeEndian.PutUint32(info[valueAt:], uint32(v))
		return
	}
	binary.NativeEndian.PutUint64(info[valueAt:], uint64(v))
}

func value(info *tracehook.Siginfo) uintptr {
	if unsafe.Sizeof(uintptr(0)) == 4 {
		return uintptr(binary.NativeEndian.Uint32(info[valueAt:]))
	}
	return uintptr(binary.NativeEndian.Uint64(info[valueAt:]))
}
