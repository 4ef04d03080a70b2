package procfs

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Spare is how many bytes of memory this process can take without anybody's missing
// them: what the machine has available (proc_meminfo(5)), and less where a control
// group bounds it.
func Spare() (uint64, error) {
	text, err := os.ReadFile(Root() + "meminfo")
	if err != nil {
		return 0, err
	}
	groups, _ := os.ReadFile(Root() + "self/cgroup") // kernels without them have no bounds
	available, err := parseAvailable(string(text))
	return min(available, bound("/sys/fs/cgroup", string(groups))), err
}

func parseAvailable(meminfo string) (uint64, error) {
	for line := range strings.Lines(meminfo) {
		var kibibytes uint64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kibibytes); n == 1 {
			return kibibytes << 10, nil
		}
	}
	return 0, fmt.Errorf("%smeminfo does not say what is available", Root())
}

// bound is how much the control groups of a process leave it: the least of its own
// and of all above, of version 2 and 1 (memory in cgroups(7)).
func bound(mount, groups string) uint64 {
	left := uint64(math.MaxUint64)
	for line := range strings.Lines(groups) {
		_, line, _ = strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, group, _ := strings.Cut(line, ":")
		dir, limit, usage := mount, "memory.max", "memory.current"
		if controllers == "memory" {
			dir, limit, usage = filepath.Join(mount, "memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"
		} else if controllers != "" {
			continue
		}
		for group = filepath.Clean("/" + group); ; group = filepath.Dir(group) {
			most, err := number(filepath.Join(dir, group, limit))
			used, err2 := number(filepath.Join(dir, group, usage))
			if err == nil && err2 == nil {
				left = min(left, most-min(most, used))
			}
			if group == "/" {
				break
			}
		}
	}
	return left
}

func number(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}
