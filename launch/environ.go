package launch

import (
	"os"
	"slices"
	"strings"
)

// environ is the environment for a program that is to inherit ours.
//
// os.Environ drops repeated names and empty strings, which a program can see
// (and some shells depend on the last of two). So the kernel's copy of what
// we were given is used, unless this program changed its environment since:
// then that was meant for its children.
func environ() []string {
	now := os.Environ()
	area, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		return now
	}
	given := split(area)
	if !slices.Equal(normalize(given), now) {
		return now
	}
	return given
}

// split takes the strings out of an area in which each ends with a zero byte.
func split(area []byte) []string {
	list := strings.Split(string(area), "\x00")
	return list[:len(list)-1]
}

// normalize does what package syscall does when it copies the environment: of
// strings with the same name the first one counts, empty strings do not.
func normalize(list []string) []string {
	seen := make(map[string]bool, len(list))
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if name, _, ok := strings.Cut(s, "="); ok {
			if seen[name] {
				continue
			}
			seen[name] = true
		}
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
