package vptrace

import (
	"errors"
	"maps"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// ids translates between the thread ids of this process's PID namespace, which
// everything in the package uses, and those of tracers that live in another one,
// below ours. Calls are translated when they come in (see into); answers by out.
// The zero value knows of nobody: then nothing is translated.
type ids struct {
	// of has the namespace of each process that has called from another one.
	of map[int]*pidns
	// crowd is how many are too many to keep those that have ended.
	crowd int
}

// pidns is the PID namespace of a process, below ours, and what the process knows
// of it.
type pidns struct {
	inode uint64
	// member is a process in it.
	member int
	// level is how far it is below ours.
	level int
	// theirs are ids that were translated, by ours, and ours by theirs. They
	// outlive the thread: the end of one is waited for when /proc has forgotten
	// it.
	theirs, ours map[int]int
	crowd        int
}

// keptIDs bounds what is remembered of those that have ended: they are looked for
// when there are that many, and then whenever there are twice as many as last time.
const keptIDs = 1024

// note learns from a caller's status in which namespace it lives.
func (n *ids) note(status *procfs.Status) {
	delete(n.of, status.Group)
	level := len(status.Namespace) - 1
	if level <= 0 {
		return
	}
	inode, err := procfs.PIDNamespace(status.Group, 0)
	if err != nil {
		return // killed meanwhile
	}
	if n.of == nil {
		n.of = map[int]*pidns{}
	}
	if len(n.of) >= max(n.crowd, keptIDs) {
		maps.DeleteFunc(n.of, func(tgid int, _ *pidns) bool { return dead(tgid) })
		n.crowd = 2 * len(n.of)
	}
	n.of[status.Group] = &pidns{inode: inode, member: status.Group, level: level, theirs: map[int]int{}, ours: map[int]int{}}
}

func dead(id int) bool {
	_, err := procfs.ReadStat(id)
	return err != nil
}

// out is the id that a process has for a thread; 0 if it cannot see it, as
// task_pid_nr_ns in kernel/pid.c has it.
func (n *ids) out(tgid, id int) int {
	ns := n.of[tgid]
	if ns == nil {
		return id
	}
	return ns.out(id)
}

// ours is our id for one of a process's; 0 if there is no such thread.
func (n *ids) ours(tgid, id int) int {
	ns := n.of[tgid]
	if ns == nil {
		return id
	}
	return ns.in(id)
}

// own is the id that a thread has for itself (ptrace_do_notify in
// kernel/signal.c).
func (n *ids) own(id int) int {
	if len(n.of) == 0 {
		return id
	}
	status, err := procfs.ReadStatus(id)
	if err != nil || len(status.Namespace) == 0 {
		return id
	}
	return status.Namespace[len(status.Namespace)-1]
}

func (ns *pidns) out(id int) int {
	status, err := procfs.ReadStatus(id)
	if err != nil {
		return ns.theirs[id]
	}
	theirs := ns.see(&status)
	if len(ns.theirs) >= max(ns.crowd, keptIDs) {
		maps.DeleteFunc(ns.theirs, func(old, _ int) bool { return dead(old) })
		maps.DeleteFunc(ns.ours, func(_, old int) bool { return dead(old) })
		ns.crowd = 2 * len(ns.theirs)
	}
	ns.theirs[id] = theirs
	if theirs != 0 {
		ns.ours[theirs] = id
	}
	return theirs
}

// see is the id of a living thread in the namespace, 0 if it is not there.
func (ns *pidns) see(status *procfs.Status) int {
	if len(status.Namespace) <= ns.level {
		return 0
	}
	inode, err := procfs.PIDNamespace(status.TID, len(status.Namespace)-1-ns.level)
	if err != nil || inode != ns.inode {
		return 0 // another namespace of the same depth
	}
	return status.Namespace[ns.level]
}

// in is our id of a thread that has this one there; 0 if there is none.
func (ns *pidns) in(theirs int) int {
	if theirs <= 0 {
		return theirs
	}
	found := ns.ours[theirs] // who may have ended, and be waited for
	if found != 0 {
		status, err := procfs.ReadStatus(found)
		if err == nil && ns.see(&status) == theirs {
			return found
		}
		if err == nil {
			found = 0 // it is somebody else by now
		}
	}
	if id, err := procfs.PIDFrom(ns.member, ns.inode, theirs); err == nil {
		ns.out(id)
		return id
	} else if errors.Is(err, syscall.ESRCH) {
		return found
	}
	_ = procfs.Processes(func(pid int) bool {
		if status, err := procfs.ReadStatus(pid); err != nil || ns.see(&status) == 0 {
			return true
		}
		threads, _ := procfs.Threads(pid)
		for _, tid := range threads {
			if ns.out(tid) == theirs {
				found = tid
				return false
			}
		}
		return true
	})
	return found
}

// nobody is an id that no thread has: what a caller's id becomes that means
// nobody in its namespace (the limit of pid_max is 1<<22).
const nobody = 1<<30 - 1

// into translates the ids among a call's arguments to ours. The kernel, if the
// call is left to it, sees them as the caller has written them.
func (n *ids) into(c *call) {
	ns := n.of[c.tgid]
	if ns == nil {
		return
	}
	at := func(i int) {
		id := int(int32(c.Args[i]))
		ours := ns.in(max(id, -id))
		switch {
		case id == 0 || id == -1:
			return
		case ours == 0:
			ours = nobody
		}
		if id < 0 {
			ours = -ours
		}
		c.Args[i] = uint64(int64(ours))
	}
	switch c.kind() {
	case callPtrace:
		at(1)
	case callTgkill:
		at(0)
		at(1)
	case callWaitpid, callWait4, callTkill:
		at(0)
	case callWaitid:
		if c.Args[0] == idPID || c.Args[0] == idPGID {
			at(1)
		}
	}
}
