package gdbserver

import (
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/internal/procfs"
)

// osdata is qXfer:osdata: tables about this machine, for "info os". A table that is not
// known is empty, as with gdbserver.
func osdata(kind string) []byte {
	t := osTable{kind: kind}
	if kind == "" {
		t.kind = "types"
		for _, name := range slices.Sorted(maps.Keys(osTables)) {
			t.row("Type", name, "Description", osTables[name].about, "Title", osTables[name].title)
		}
		return t.document()
	}
	table, known := osTables[kind]
	if !known {
		return nil
	}
	table.rows(&t)
	return t.document()
}

var osTables = map[string]struct {
	title, about string
	rows         func(*osTable)
}{
	"cpus":       {"CPUs", "Listing of all cpus/cores on the system", osProcessors},
	"files":      {"File descriptors", "Listing of all file descriptors", osFiles},
	"modules":    {"Kernel modules", "Listing of all loaded kernel modules", osModules},
	"msg":        {"Message queues", "Listing of all message queues", osQueues},
	"processes":  {"Processes", "Listing of all processes", osProcesses},
	"procgroups": {"Process groups", "Listing of all process groups", osGroups},
	"semaphores": {"Semaphores", "Listing of all semaphores", osSemaphores},
	"shm":        {"Shared-memory regions", "Listing of all shared-memory regions", osMemory},
	"sockets":    {"Internet-domain sockets", "Listing of all internet-domain sockets", osSockets},
	"threads":    {"Threads", "Listing of all threads", osThreads},
}

// osTable is a table that is being made.
type osTable struct {
	kind string
	rows strings.Builder
	// users and groups are the names that were looked up, by number.
	users, groups map[string]string
}

// document is the table as XML.
func (t *osTable) document() []byte {
	return fmt.Appendf(nil, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"osdata.dtd\">\n<osdata type=\"%s\">\n%s</osdata>\n", t.kind, &t.rows)
}

// row appends a row of names and values.
func (t *osTable) row(pairs ...string) {
	t.rows.WriteString("<item>\n")
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&t.rows, "<column name=\"%s\">%s</column>\n", attribute(pairs[i]), attribute(pairs[i+1]))
	}
	t.rows.WriteString("</item>\n")
}

// user is the name of a user.
func (t *osTable) user(uid string) string {
	return lookedUp(&t.users, uid, func() (string, error) {
		u, err := user.LookupId(uid)
		if err != nil {
			return "", err
		}
		return u.Username, nil
	})
}

// group is the name of a group.
func (t *osTable) group(gid string) string {
	return lookedUp(&t.groups, gid, func() (string, error) {
		g, err := user.LookupGroupId(gid)
		if err != nil {
			return "", err
		}
		return g.Name, nil
	})
}

// lookedUp looks a name up once. What has none is called by its number.
func lookedUp(known *map[string]string, id string, look func() (string, error)) string {
	if *known == nil {
		*known = map[string]string{}
	}
	name, found := (*known)[id]
	if !found {
		var err error
		if name, err = look(); err != nil {
			name = id
		}
		(*known)[id] = name
	}
	return name
}

// processIDs lists all processes.
func processIDs() (pids []int) {
	_ = procfs.Processes(func(pid int) bool { // what could be read will do
		pids = append(pids, pid)
		return true
	})
	slices.Sort(pids)
	return pids
}

func osProcesses(t *osTable) {
	for _, pid := range processIDs() {
		status, err := procfs.ReadStatus(pid)
		if err != nil {
			continue // it has ended
		}
		var cores []string
		for _, tid := range threadsOf(pid) {
			if n := strconv.Itoa(processorOf(tid)); !slices.Contains(cores, n) {
				cores = append(cores, n)
			}
		}
		t.row("pid", strconv.Itoa(pid), "user", t.user(strconv.Itoa(status.UIDs[0])), "command", commandLine(pid, status.Name), "cores", strings.Join(cores, ","))
	}
}

// commandLine is the command line of a process. One without, such as the kernel's
// threads, has a name.
func commandLine(pid int, name string) string {
	if args, err := procfs.Cmdline(pid); err == nil && len(args) != 0 {
		return strings.Join(args, " ")
	}
	return "[" + name + "]"
}

// osGroups lists the processes by their groups, leaders first.
func osGroups(t *osTable) {
	type member struct {
		group, pid int
		command    string
	}
	var list []member
	for _, pid := range processIDs() {
		status, err := procfs.ReadStatus(pid)
		if err != nil || len(status.Groups) == 0 {
			continue
		}
		list = append(list, member{status.Groups[0], pid, commandLine(pid, status.Name)})
	}
	slices.SortStableFunc(list, func(a, b member) int { return a.group - b.group })
	for _, m := range list {
		t.row("pgid", strconv.Itoa(m.group), "leader command", commOf(m.group), "pid", strconv.Itoa(m.pid), "command line", m.command)
	}
}

func osThreads(t *osTable) {
	for _, pid := range processIDs() {
		command := commOf(pid)
		for _, tid := range threadsOf(pid) {
			t.row("pid", strconv.Itoa(pid), "command", command, "tid", strconv.Itoa(tid), "core", strconv.Itoa(processorOf(tid)))
		}
	}
}

func osFiles(t *osTable) {
	for _, pid := range processIDs() {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			continue // it has ended, or is not ours
		}
		command := commOf(pid)
		for _, entry := range entries {
			fd, _ := strconv.Atoi(entry.Name()) // the kernel has written it
			if name, err := procfs.FD(pid, fd); err == nil {
				t.row("pid", strconv.Itoa(pid), "command", command, "file descriptor", entry.Name(), "name", name)
			}
		}
	}
}

// osProcessors lists the processors as /proc/cpuinfo does: "key : value" lines,
// with an empty line between processors.
func osProcessors(t *osTable) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		var pairs []string
		for line := range strings.SplitSeq(block, "\n") {
			key, value, found := strings.Cut(line, ":")
			if found {
				pairs = append(pairs, strings.TrimSpace(key), strings.TrimSpace(value))
			}
		}
		t.row(pairs...)
	}
}

// osModules lists what proc_modules(5) has: name, size, uses, who uses it, state,
// address.
func osModules(t *osTable) {
	text, err := os.ReadFile("/proc/modules")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		t.row("name", f[0], "size", f[1], "num uses", f[2], "dependencies", f[3], "status", f[4], "address", f[5])
	}
}
