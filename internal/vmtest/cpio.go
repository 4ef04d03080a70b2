package vmtest

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// File is a file of a guest's file system.
type File struct {
	// Path is absolute. Directories above it need not be listed.
	Path string
	Mode uint32 // permissions; 0 is 0o644
	Data []byte // or, of a symbolic link, where it points
	Link bool
}

// Types of files in c_mode.
const (
	modeDir    = 0o040000
	modeFile   = 0o100000
	modeLink   = 0o120000
	modeDevice = 0o020000
)

// writeArchive writes an archive in the format "newc", which kernels unpack as
// their first file system (Documentation/driver-api/early-userspace).
func writeArchive(w io.Writer, files []File) error {
	a := &archive{w: w, made: map[string]bool{".": true}}
	// A console for init, before anything is mounted.
	a.directory("dev")
	a.entry("dev/console", modeDevice|0o600, nil, 5, 1)
	for _, dir := range []string{"proc", "sys", "tmp", "root", "etc"} {
		a.directory(dir)
	}
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(x, y File) int { return strings.Compare(x.Path, y.Path) })
	for _, f := range sorted {
		name := strings.TrimPrefix(f.Path, "/")
		a.directory(path.Dir(name))
		mode := f.Mode
		if mode == 0 {
			mode = 0o644
		}
		if f.Link {
			a.entry(name, modeLink|0o777, f.Data, 0, 0)
			continue
		}
		a.entry(name, modeFile|mode, f.Data, 0, 0)
	}
	a.entry("TRAILER!!!", 0, nil, 0, 0)
	return a.err
}

type archive struct {
	w     io.Writer
	inode int
	made  map[string]bool
	err   error
}

func (a *archive) directory(name string) {
	if a.made[name] {
		return
	}
	a.made[name] = true
	a.directory(path.Dir(name))
	a.entry(name, modeDir|0o755, nil, 0, 0)
}

// entry writes 13 numbers of 8 hexadecimal digits, the name and the data, both
// padded to a multiple of 4 bytes.
func (a *archive) entry(name string, mode uint32, data []byte, major, minor int) {
	if a.err != nil {
		return
	}
	a.inode++
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
	for _, part := range [][]byte{[]byte(header), data} {
		if _, a.err = a.w.Write(append(part[:len(part):len(part)], make([]byte, -len(part)&3)...)); a.err != nil {
			return
		}
	}
}
