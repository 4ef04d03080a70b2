package paths

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// A Filter passes the calls that touch one of some files and descriptors. A nil
// Filter passes everything.
type Filter struct {
	files   []string
	paths   map[string]bool
	fds     map[int32]bool
	longest int
	open    func(tid int, fd int32) (path string, ok bool)
	// Resolved are remarks about names that are links, in strace's words.
	Resolved []string
}

// New makes a Filter for files, as a program names them or as their
// descriptors show them, and for descriptors by number. It returns nil if there
// are neither.
func New(files []string, fds []int32) *Filter {
	if len(files) == 0 && len(fds) == 0 {
		return nil
	}
	f := &Filter{files: files, fds: make(map[int32]bool), open: openPath}
	f.Locate("")
	for _, fd := range fds {
		f.fds[fd] = true
	}
	return f
}

// Locate looks up what the files' names mean in dir; New has taken the working
// directory.
func (f *Filter) Locate(dir string) {
	if f == nil {
		return
	}
	f.paths, f.longest, f.Resolved = make(map[string]bool), 0, nil
	for _, path := range f.files {
		f.add(path)
		// A descriptor shows the file's real name.
		real := path
		if !filepath.IsAbs(path) {
			real = filepath.Join(dir, path)
		}
		real, err := filepath.EvalSymlinks(real)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err == nil && real != path {
			f.add(real)
			f.Resolved = append(f.Resolved, fmt.Sprintf("Requested path %q resolved into %q", path, real))
		}
	}
}

func (f *Filter) add(path string) {
	f.paths[path] = true
	f.longest = max(f.longest, len(path))
}

// Match reports whether the call touches one of the files. The thread must be
// at its entry: its memory is read, through c.Mem.
func (f *Filter) Match(c *decode.Call) bool {
	if f == nil {
		return true
	}
	call, ok := c.ABI.ForNumber(c.Nr).Lookup(c.Nr)
	if !ok {
		return false
	}
	if n := inMemory[call.Name]; n != 0 && c.ABI == syscalls.I386 {
		list, from := read(c, c.Args[0], uint64(4*n)), *c
		if c = &from; len(list) != 4*n {
			return false
		}
		for i := range n {
			c.Args[i] = uint64(word(c.ABI, list[4*i:]))
		}
	}
	for i, kind := range touches(call) {
		if f.matchArgument(c, kind, i) {
			return true
		}
	}
	return false
}

func (f *Filter) matchArgument(c *decode.Call, kind rune, i int) bool {
	switch kind {
	case name:
		return f.matchName(c, c.Args[i])
	case descriptor:
		return f.matchFD(c.TID, int32(c.Args[i]))
	case pollList:
		return f.matchPoll(c, c.Args[i], c.Args[i+1])
	case fdSet:
		return f.matchSet(c, c.Args[i], c.Args[0])
	case setting:
		return f.matchSetting(c, c.Args[1], c.Args[i], int32(c.Args[i+1]))
	}
	return false
}

// matchSetting is for a value that is a path below a directory or a descriptor,
// as the command says (enum fsconfig_command).
func (f *Filter) matchSetting(c *decode.Call, command, path uint64, fd int32) bool {
	const setPath, setPathEmpty, setFD = 3, 4, 5
	switch command & 0xffffffff {
	case setPath, setPathEmpty:
		return f.matchName(c, path) || f.matchFD(c.TID, fd)
	case setFD:
		return f.matchFD(c.TID, fd)
	}
	return false
}

// matchName compares the string at addr.
func (f *Filter) matchName(c *decode.Call, addr uint64) bool {
	if c.Mem == nil || addr == 0 || f.longest == 0 {
		return false
	}
	buf := make([]byte, f.longest+1)
	n, _ := c.Mem.ReadMemory(addr, buf)
	end := bytes.IndexByte(buf[:max(0, n)], 0)
	return end >= 0 && f.paths[string(buf[:end])]
}

func (f *Filter) matchFD(tid int, fd int32) bool {
	if f.fds[fd] {
		return true
	}
	if fd < 0 || len(f.paths) == 0 {
		return false
	}
	path, ok := f.open(tid, fd)
	return ok && f.paths[strings.TrimSuffix(path, " (deleted)")]
}

func openPath(tid int, fd int32) (string, bool) {
	path, err := os.Readlink(procfs.Root() + strconv.Itoa(tid) + "/fd/" + strconv.Itoa(int(fd)))
	return path, err == nil
}

// Resolve has open tell what descriptors are open on, for threads that are not
// there any more.
func (f *Filter) Resolve(open func(tid int, fd int32) (path string, ok bool)) {
	if f != nil {
		f.open = open
	}
}

// What a call may ask the kernel to look at is bounded by RLIMIT_NOFILE; what
// we read for a filter is bounded here.
const maxDescriptors = 1 << 14

// matchPoll looks through an array of struct pollfd (poll(2)).
func (f *Filter) matchPoll(c *decode.Call, addr, count uint64) bool {
	list := read(c, addr, 8*min(count, maxDescriptors))
	for ; len(list) >= 8; list = list[8:] {
		if f.matchFD(c.TID, int32(word(c.ABI, list[:4]))) {
			return true
		}
	}
	return false
}

// matchSet looks through an fd_set (select(2)), an array of longs.
func (f *Filter) matchSet(c *decode.Call, addr, count uint64) bool {
	count = min(count&(1<<31-1), maxDescriptors)
	long := uint64(c.ABI.LongSize)
	size := (count + 8*long - 1) / (8 * long) * long
	set := read(c, addr, size)
	if uint64(len(set)) < size {
		return false // to strace, too, a part of a set is none
	}
	for fd := uint64(0); fd < count; fd++ {
		at := fd / 8 // in the order of little endian
		if c.ABI.BigEndian {
			at = at/long*long + long - 1 - at%long
		}
		if set[at]&(1<<(fd%8)) != 0 && f.matchFD(c.TID, int32(fd)) {
			return true
		}
	}
	return false
}

func read(c *decode.Call, addr, size uint64) []byte {
	if c.Mem == nil || addr == 0 {
		return nil
	}
	buf := make([]byte, size)
	n, _ := c.Mem.ReadMemory(addr, buf)
	return buf[:max(0, n)]
}

// word is a 32-bit number in the byte order of the ABI.
func word(abi *syscalls.ABI, b []byte) (v uint32) {
	for i := range 4 {
		at := i
		if abi.BigEndian {
			at = 3 - i
		}
		v |= uint32(b[at]) << (8 * i)
	}
	return v
}
