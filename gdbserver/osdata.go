package gdbserver

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/internal/procfs"
)

// osdata is qXfer:osdata: tables about this machine, for "info os".
func osdata(kind string) ([]byte, error) {
	var b strings.Builder
	table := osTables[kind]
	if kind == "" {
		b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"osdata.dtd\">\n<osdata type=\"types\">\n")
		for _, name := range []string{"processes", "threads", "cpus", "modules"} {
			item(&b, "Type", name, "Description", osTables[name].about, "Title", osTables[name].title)
		}
		b.WriteString("</osdata>\n")
		return []byte(b.String()), nil
	}
	if table.rows == nil {
		return nil, failed
	}
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"osdata.dtd\">\n<osdata type=\"%s\">\n", kind)
	table.rows(&b)
	b.WriteString("</osdata>\n")
	return []byte(b.String()), nil
}

var osTables = map[string]struct {
	title, about string
	rows         func(*strings.Builder)
}{
	"processes": {"Processes", "Listing of all processes", osProcesses},
	"threads":   {"Threads", "Listing of all threads", osThreads},
	"cpus":      {"CPUs", "Listing of all cpus/cores on the system", osProcessors},
	"modules":   {"Kernel modules", "Listing of all loaded kernel modules", osModules},
}

// item appends a row of names and values.
func item(b *strings.Builder, pairs ...string) {
	b.WriteString("<item>\n")
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(b, "<column name=\"%s\">%s</column>\n", pairs[i], attribute(pairs[i+1]))
	}
	b.WriteString("</item>\n")
}

// processIDs lists all processes.
func processIDs() (pids []int) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what could be read will do
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func osProcesses(b *strings.Builder) {
	for _, pid := range processIDs() {
		status, err := procfs.ReadStatus(pid)
		if err != nil {
			continue // it has ended
		}
		command := "[" + status.Name + "]"
		if args, err := procfs.Cmdline(pid); err == nil && len(args) != 0 {
			command = strings.Join(args, " ")
		}
		var cores []string
		for _, tid := range threadsOf(pid) {
			if n := strconv.Itoa(processorOf(tid)); !slices.Contains(cores, n) {
				cores = append(cores, n)
			}
		}
		item(b, "pid", strconv.Itoa(pid), "user", userName(status.UIDs[0]), "command", command, "cores", strings.Join(cores, ","))
	}
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "?"
}

func osThreads(b *strings.Builder) {
	for _, pid := range processIDs() {
		for _, tid := range threadsOf(pid) {
			item(b, "pid", strconv.Itoa(pid), "command", commOf(pid), "tid", strconv.Itoa(tid), "core", strconv.Itoa(processorOf(tid)))
		}
	}
}

// osProcessors lists the processors as /proc/cpuinfo does: "key : value" lines,
// with an empty line between processors.
func osProcessors(b *strings.Builder) {
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
		item(b, pairs...)
	}
}

// osModules lists what proc_modules(5) has: name, size, uses, who uses it, state,
// address.
func osModules(b *strings.Builder) {
	text, err := os.ReadFile("/proc/modules")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		item(b, "name", f[0], "size", f[1], "num uses", f[2], "dependencies", f[3], "status", f[4], "address", f[5])
	}
}
