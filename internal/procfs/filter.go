package procfs

import (
	"os"
	"strconv"
	"strings"
)

// CoredumpFilter is the coredump_filter of a process (core(5)). Threads have no such
// file.
func CoredumpFilter(pid int) (uint64, error) {
	const name = "coredump_filter"
	text, err := os.ReadFile(Root() + strconv.Itoa(pid) + "/" + name)
	if err != nil {
		return 0, &Error{pid, name, err}
	}
	v, err := strconv.ParseUint(strings.TrimSpace(string(text)), 16, 64)
	if err != nil {
		return 0, &Error{pid, name, err}
	}
	return v, nil
}
