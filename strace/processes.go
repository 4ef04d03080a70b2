package strace

import (
	"os"
	"strconv"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/decode"
)

// describePIDs returns a resolver that prints the wanted details of processes
// and threads; nil if none are wanted.
func describePIDs(detail PIDDetail) decode.Resolver {
	if detail == 0 {
		return nil
	}
	return newNamespaces(detail).describe
}

// namespaces translates ids of processes from the PID namespace of a thread to
// ours. A Log has one, and uses it with its lock held.
type namespaces struct {
	detail PIDDetail
	ours   uint64            // the inode of our namespace; 0: not yet asked
	known  map[foreignID]int // a process or thread whose status tells
}

func newNamespaces(detail PIDDetail) *namespaces {
	return &namespaces{detail: detail, known: make(map[foreignID]int)}
}

// foreignID is an id in a namespace.
type foreignID struct {
	namespace uint64
	id        int
}

// describe is a decode.Resolver. A negative id stands for a group of processes.
func (n *namespaces) describe(buf []byte, tid int, id int32) []byte {
	group := id < 0
	if group {
		id = -id
	}
	own := int(id)
	foreign := false
	if n.detail&PIDNamespace != 0 {
		if own = n.translate(tid, int(id)); own == 0 {
			return buf
		}
		foreign = own != int(id)
	}
	if n.detail&PIDComm != 0 && !group {
		if stat, err := procfs.ReadStat(own); err == nil {
			buf = append(appendPath(append(buf, '<'), stat.Name), '>')
		}
	}
	if foreign {
		if group {
			own = -own
		}
		buf = strconv.AppendInt(append(buf, " /* "...), int64(own), 10)
		buf = append(buf, " in strace's PID NS */"...)
	}
	return buf
}

// translate returns what we call the process that thread tid calls id; 0 if
// there is none.
func (n *namespaces) translate(tid, id int) int {
	if n.ours == 0 {
		n.ours, _ = procfs.PIDNamespace(os.Getpid(), 0)
	}
	theirs, err := procfs.PIDNamespace(tid, 0)
	if err != nil || theirs == n.ours {
		return id
	}
	status, err := procfs.ReadStatus(tid)
	if err != nil {
		return 0
	}
	level := len(status.Namespace)
	// ours is what we call the process, its group or its session that is called
	// id there; 0 if none is.
	ours := func(pid int) int {
		s, err := procfs.ReadStatus(pid)
		if err != nil || len(s.Namespace) < level {
			return 0
		}
		for _, ids := range [...][]int{s.Namespace, s.Groups, s.Sessions} {
			if len(ids) < level || ids[level-1] != id || ids[0] == 0 {
				continue
			}
			if inode, err := procfs.PIDNamespace(pid, len(s.Namespace)-level); err == nil && inode == theirs {
				return ids[0]
			}
		}
		return 0
	}
	key := foreignID{theirs, id}
	for _, pid := range [...]int{tid, n.known[key]} {
		if pid == 0 {
			continue
		}
		if found := ours(pid); found != 0 {
			return found
		}
	}
	found, witness := search(ours)
	n.known[key] = witness
	return found
}

// search asks about all processes and then about all threads, until it finds one
// that knows.
func search(ours func(pid int) int) (found, witness int) {
	ask := func(pid int) bool {
		if found = ours(pid); found != 0 {
			witness = pid
		}
		return found == 0
	}
	procfs.Processes(ask)
	if found != 0 {
		return found, witness
	}
	procfs.Processes(func(pid int) bool {
		threads, _ := procfs.Threads(pid)
		for _, tid := range threads {
			if !ask(tid) {
				return false
			}
		}
		return true
	})
	return found, witness
}
