package strace

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// anonymousInode tells what a descriptor is open on that is no file, "kvm-vcpu:0" for
// example, "" if it is something else.
func anonymousInode(tid int, fd int32) string {
	link, err := os.Readlink(procfs.Root() + itoa(tid) + "/fd/" + itoa(int(fd)))
	name, ok := strings.CutPrefix(link, "anon_inode:")
	if err != nil || !ok {
		return ""
	}
	return name
}

// virtualProcessor finds the memory that KVM shares with the program for the virtual
// processor behind a descriptor: where that is mapped, and how much of it.
func virtualProcessor(tid int, fd int32) (addr, size uint64) {
	name := anonymousInode(tid, fd)
	if !strings.HasPrefix(name, "kvm-vcpu:") {
		return 0, 0
	}
	_ = procfs.Maps(tid, func(m procfs.Mapping) bool { // what has ended has no memory
		if m.Path == "anon_inode:"+name {
			addr, size = m.Start, m.End-m.Start
		}
		return size == 0
	})
	return addr, size
}

// bootTime is when the machine was started, as well as /proc/uptime knows (proc(5)).
func bootTime() time.Time {
	text, err := os.ReadFile(procfs.Root() + "uptime")
	if err != nil {
		return time.Time{}
	}
	first, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(seconds * float64(time.Second)))
}
