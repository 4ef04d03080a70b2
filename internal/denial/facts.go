package denial

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/procfs"
)

// capSysPtrace is the bit of CAP_SYS_PTRACE.
const capSysPtrace = 1 << 19

// facts is all that the verdict depends on.
type facts struct {
	exists         bool
	self, target   procfs.Status
	tracerName     string
	kernel         bool
	sameNamespace  bool // true if the target's may not be seen
	notDumpable    bool
	yama           int // -1 without Yama
	descendant     bool
	tracerFiltered bool
}

// look collects the facts. What cannot be read is left at the value that makes
// the later rules decide.
func look(tid int) facts { return lookAs(unix.Getpid(), tid) }

// lookAs collects them for another process.
func lookAs(pid, tid int) facts {
	f := facts{yama: -1, sameNamespace: true}
	f.self, _ = procfs.ReadStatus(pid)
	f.tracerFiltered = f.self.Seccomp != 0
	target, err := procfs.ReadStatus(tid)
	if err != nil {
		return f
	}
	f.exists, f.target, f.kernel = true, target, target.Kernel
	if stat, err := procfs.ReadStat(tid); err == nil {
		f.kernel = f.kernel || stat.Kernel()
	}
	if target.Tracer != 0 {
		// TracerPid is a thread (task_state in fs/proc/array.c); people know
		// its process.
		if tracer, err := procfs.ReadStatus(target.Tracer); err == nil {
			f.target.Tracer, f.tracerName = tracer.Group, tracer.Name
		}
	}
	mine, _ := procfs.UserNamespace(pid)
	if theirs, err := procfs.UserNamespace(tid); err == nil {
		f.sameNamespace = theirs == mine
	}
	// The files of a process that is not dumpable belong to root
	// (proc(5), "/proc/pid").
	var st unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(tid)+"/status", &st) == nil {
		f.notDumpable = int(st.Uid) != target.UIDs[1]
	}
	f.yama = scope()
	f.descendant = descends(target, pid)
	return f
}

// descends walks up the parents.
func descends(s procfs.Status, ancestor int) bool {
	for range 1 << 15 { // a longer chain can only be a race with recycled ids
		switch s.Parent {
		case ancestor:
			return true
		case 0, 1:
			return false
		}
		var err error
		if s, err = procfs.ReadStatus(s.Parent); err != nil {
			return false
		}
	}
	return false
}
