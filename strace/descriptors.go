package strace

import (
	"github.com/utrace/utrace/internal/procfs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/strace/decode"
)

// describeFDs returns a resolver that prints the wanted details of file
// descriptors, in angle brackets as -y and -yy do; nil if none are wanted.
func describeFDs(detail FDDetail) decode.Resolver {
	if detail == 0 {
		return nil
	}
	connected := make(peers)
	return func(buf []byte, tid int, fd int32) []byte {
		return detail.describe(buf, tid, fd, connected)
	}
}

// atFDCWD stands for the working directory (linux/fcntl.h).
const atFDCWD = -100

func (detail FDDetail) describe(buf []byte, tid int, fd int32, connected peers) []byte {
	name := procfs.Root() + itoa(tid)
	switch {
	case fd == atFDCWD:
		name += "/cwd"
	case fd < 0:
		return buf
	default:
		name += "/fd/" + itoa(int(fd))
	}
	path, err := os.Readlink(name)
	if err != nil {
		return buf
	}
	inode, socket := strings.CutPrefix(path, "socket:[")
	switch {
	case socket && detail&FDSocket != 0:
		inode = strings.TrimSuffix(inode, "]")
		start := len(buf) + 1
		if out, ok := appendSocket(append(buf, '<'), tid, name, inode); ok {
			return append(connected.remember(out, start, inode), '>')
		}
		return append(append(append(buf, '<'), path...), '>')
	case detail&FDDev != 0 && strings.HasPrefix(path, "/"):
		if out, ok := appendDevice(appendPath(append(buf, '<'), path), name); ok {
			return append(out, '>')
		}
	case detail&FDPid != 0 && path == "anon_inode:[pidfd]":
		if pid := pidOfFD(tid, fd); pid != "" {
			return append(append(append(buf, "<pid:"...), pid...), '>')
		}
		return append(append(append(buf, '<'), path...), '>')
	}
	if detail&FDPath == 0 {
		return buf
	}
	path, deleted := cutDeleted(path, name)
	buf = append(appendPath(append(buf, '<'), path), '>')
	if deleted {
		buf = append(buf, "(deleted)"...)
	}
	return buf
}

// cutDeleted takes away what the kernel appends to the path of a file that is gone. A
// file may be called so, too.
func cutDeleted(path, link string) (string, bool) {
	without, deleted := strings.CutSuffix(path, " (deleted)")
	if !deleted {
		return path, false
	}
	named, err := os.Stat(path)
	open, err2 := os.Stat(link)
	if err == nil && err2 == nil && os.SameFile(named, open) {
		return path, false
	}
	return without, true
}

// appendPath escapes what would end or disturb the brackets.
func appendPath(buf []byte, path string) []byte {
	for i := range len(path) {
		c := path[i]
		switch {
		case '\t' <= c && c <= '\r':
			buf = append(buf, '\\', "tnvfr"[c-'\t'])
		case c == '\\' || c == '"':
			buf = append(buf, '\\', c)
		case c < ' ' || c > '~' || c == '<' || c == '>':
			buf = append(buf, '\\')
			if c >= 0o100 || i+1 < len(path) && path[i+1] >= '0' && path[i+1] <= '7' {
				buf = append(buf, '0'+c>>6)
			}
			if c >= 0o10 || i+1 < len(path) && path[i+1] >= '0' && path[i+1] <= '7' {
				buf = append(buf, '0'+c>>3&7)
			}
			buf = append(buf, '0'+c&7)
		default:
			buf = append(buf, c)
		}
	}
	return buf
}

// appendDevice appends the numbers of a device: "<char 136:0>". It reports false for
// another file.
func appendDevice(buf []byte, name string) ([]byte, bool) {
	var st syscall.Stat_t
	if syscall.Stat(name, &st) != nil {
		return buf, false
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFCHR:
		buf = append(buf, "<char "...)
	case syscall.S_IFBLK:
		buf = append(buf, "<block "...)
	default:
		return buf, false
	}
	// The encoding of include/linux/kdev_t.h, new_encode_dev.
	dev := uint64(st.Rdev)
	major := dev>>8&0xfff | dev>>32&^0xfff
	minor := dev&0xff | dev>>12&0xffffff00
	buf = strconv.AppendUint(buf, major, 10)
	buf = strconv.AppendUint(append(buf, ':'), minor, 10)
	return append(buf, '>'), true
}

// pidfdProcess is pidOfFD as a number, 0 if there is none.
func pidfdProcess(tid int, fd int32) int {
	pid, err := strconv.Atoi(pidOfFD(tid, fd))
	if err != nil {
		return 0
	}
	return pid
}

// pidOfFD returns the process that a pidfd refers to, from the Pid line that
// proc(5) describes under /proc/pid/fdinfo.
func pidOfFD(tid int, fd int32) string {
	info, err := os.ReadFile(procfs.Root() + itoa(tid) + "/fdinfo/" + itoa(int(fd)))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(info)) {
		if pid, ok := strings.CutPrefix(line, "Pid:\t"); ok {
			return strings.TrimSpace(pid)
		}
	}
	return ""
}
