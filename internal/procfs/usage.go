package procfs

import (
	"bytes"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a process and the children that it has waited for have used, as
// getrusage(2) counts it (RUSAGE_SELF and RUSAGE_CHILDREN together).
type Usage struct {
	User, System             time.Duration
	MaxRSS                   int64 // KiB, of the process itself
	MinorFaults, MajorFaults int64
	InBlocks, OutBlocks      int64 // of 512 bytes
	Voluntary, Involuntary   int64 // context switches of the first thread
}

// Clocks of a process (MAKE_PROCESS_CPUCLOCK in include/linux/posix-timers_types.h).
const (
	clockBoth = iota
	clockUser
	clockRun
)

// clock reads one; 0 if the process is gone.
func clock(pid, which int) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|which), &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// ReadUsage adds up what the kernel tells of the process that the thread belongs
// to. What cannot be read is 0.
func ReadUsage(tid int) (u Usage) {
	pid := tid
	_ = withFile(tid, "status", func(b []byte) error {
		pid = int(labelled(b, "\nTgid:"))
		u.MaxRSS = labelled(b, "VmHWM:")
		u.Voluntary = labelled(b, "\nvoluntary_ctxt_switches:")
		u.Involuntary = labelled(b, "nonvoluntary_ctxt_switches:")
		return nil
	})
	// Time is sampled; the division is applied to what the scheduler has
	// measured (cputime_adjust in kernel/sched/cputime.c).
	u.User, u.System = divide(clock(pid, clockRun), clock(pid, clockUser), clock(pid, clockBoth))
	const tick = time.Second / 100 // USER_HZ
	_ = withFile(pid, "../../stat", func(b []byte) error {
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		number := func(n int) int64 { // as proc_pid_stat(5) numbers them
			if n-3 >= len(f) {
				return 0
			}
			v, _ := strconv.ParseInt(string(f[n-3]), 10, 64)
			return v
		}
		u.MinorFaults, u.MajorFaults = number(10)+number(11), number(12)+number(13)
		u.User += time.Duration(number(16)) * tick
		u.System += time.Duration(number(17)) * tick
		return nil
	})
	const blockShift = 9
	_ = withFile(pid, "../../io", func(b []byte) error {
		u.InBlocks = labelled(b, "\nread_bytes:") >> blockShift
		u.OutBlocks = labelled(b, "\nwrite_bytes:") >> blockShift
		return nil
	})
	return u
}

// divide splits a measured time in the proportion of two sampled ones.
func divide(run, user, both time.Duration) (u, s time.Duration) {
	switch system := both - user; {
	case system <= 0:
		return run, 0
	case user == 0:
		return 0, run
	default:
		s = time.Duration(float64(run) * float64(system) / float64(both))
		return run - s, s
	}
}

// labelled is the number behind a label in a file of such lines.
func labelled(b []byte, label string) int64 {
	_, rest, ok := bytes.Cut(b, []byte(label))
	if !ok {
		return 0
	}
	field, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte("\n"))
	v, _ := strconv.ParseInt(string(bytes.TrimSuffix(field, []byte(" kB"))), 10, 64)
	return v
}
