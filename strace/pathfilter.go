package strace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// A pathFilter passes calls that touch one of the files of -P: by their name
// as the call gives it, or through a descriptor that is open on them. A nil
// filter passes everything.
type pathFilter struct {
	paths    map[string]bool
	resolved []string // messages about names that are links
	longest  int
}

func newPathFilter(paths []string) *pathFilter {
	if len(paths) == 0 {
		return nil
	}
	f := &pathFilter{paths: make(map[string]bool)}
	for _, path := range paths {
		f.add(path)
		// A descriptor shows the file's real name.
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err == nil && real != path {
			f.add(real)
			f.resolved = append(f.resolved, fmt.Sprintf("Requested path %q resolved into %q", path, real))
		}
	}
	return f
}

func (f *pathFilter) add(path string) {
	f.paths[path] = true
	f.longest = max(f.longest, len(path))
}

// touches says which arguments of a call are paths (p) and descriptors (f),
// one letter for each, a dash for others. Calls that are not listed follow
// their class: %file takes a path first, %desc a descriptor.
var touches = map[string]string{
	"bind": "f", "close_range": "", "copy_file_range": "f-f", "dup": "f", "dup2": "ff", "dup3": "ff",
	"epoll_ctl": "f-f", "execveat": "fp", "faccessat": "fp", "faccessat2": "fp", "fanotify_mark": "f--fp",
	"fchmodat": "fp", "fchownat": "fp", "fstatat64": "fp", "futimesat": "fp", "inotify_add_watch": "fp",
	"kexec_file_load": "ff", "link": "pp", "linkat": "fpfp", "mkdirat": "fp", "mknodat": "fp", "mmap": "----f",
	"mmap2": "----f", "mount": "pp", "mount_setattr": "fp", "move_mount": "fpfp", "name_to_handle_at": "fp",
	"newfstatat": "fp", "open_tree": "fp", "openat": "fp", "openat2": "fp", "pivot_root": "pp",
	"quotactl": "-p", "readlinkat": "fp", "rename": "pp", "renameat": "fpfp", "renameat2": "fpfp",
	"sendfile": "ff", "sendfile64": "ff", "splice": "f-f", "statx": "fp", "symlink": "pp", "symlinkat": "pfp",
	"tee": "ff", "unlinkat": "fp", "utimensat": "fp", "utimensat_time64": "fp",
}

// match reports whether the call touches one of the files.
func (f *pathFilter) match(c *decode.Call) bool {
	if f == nil {
		return true
	}
	call, ok := c.ABI.ForNumber(c.Nr).Lookup(c.Nr)
	if !ok {
		return false
	}
	kinds, listed := touches[call.Name]
	if !listed {
		switch {
		case call.Classes.Has(syscalls.File):
			kinds = "p"
		case call.Classes.Has(syscalls.Desc):
			kinds = "f"
		}
	}
	for i := range len(kinds) {
		switch kinds[i] {
		case 'p':
			if f.matchName(c, c.Args[i]) {
				return true
			}
		case 'f':
			if path, ok := fdPath(c.TID, int32(c.Args[i])); ok && f.paths[path] {
				return true
			}
		}
	}
	return false
}

// matchName compares the string at addr.
func (f *pathFilter) matchName(c *decode.Call, addr uint64) bool {
	if c.Mem == nil || addr == 0 {
		return false
	}
	buf := make([]byte, f.longest+1)
	n, _ := c.Mem.ReadMemory(addr, buf)
	end := bytes.IndexByte(buf[:max(0, n)], 0)
	return end >= 0 && f.paths[string(buf[:end])]
}

// fdPath returns what a descriptor of a thread is open on.
func fdPath(tid int, fd int32) (string, bool) {
	if fd < 0 {
		return "", false
	}
	path, err := os.Readlink("/proc/" + itoa(tid) + "/fd/" + itoa(int(fd)))
	return strings.TrimSuffix(path, " (deleted)"), err == nil
}
