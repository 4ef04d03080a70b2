package procfs

import (
	"bytes"
	"strconv"
	"strings"
)

// Mapping is one line of /proc/TID/maps.
type Mapping struct {
	Start, End         uint64
	Read, Write, Exec  bool
	Shared             bool
	Offset             uint64
	DevMajor, DevMinor uint32
	Inode              uint64
	Path               string // "" if anonymous; "[heap]" and the like; may end with " (deleted)"
}

// Maps calls yield with each mapping in the order of addresses until it
// returns false. The list is a snapshot only if the process is stopped.
func Maps(tid int, yield func(Mapping) bool) error {
	return withFile(tid, "maps", func(text []byte) error {
		for len(text) > 0 {
			var line []byte
			line, text, _ = bytes.Cut(text, []byte{'\n'})
			m, err := ParseMapping(line)
			if err != nil {
				return err
			}
			if !yield(m) {
				break
			}
		}
		return nil
	})
}

// ParseMapping parses one line without its newline.
func ParseMapping(line []byte) (Mapping, error) {
	var m Mapping
	var fields [5][]byte
	rest := line
	for i := range fields {
		var ok bool
		if fields[i], rest, ok = bytes.Cut(rest, []byte{' '}); !ok && i < 4 {
			return m, errFormat
		}
	}
	start, end, ok1 := bytes.Cut(fields[0], []byte{'-'})
	major, minor, ok2 := bytes.Cut(fields[3], []byte{':'})
	if !ok1 || !ok2 || len(fields[1]) != 4 {
		return m, errFormat
	}
	devMajor, ok1 := hex(major)
	devMinor, ok2 := hex(minor)
	var ok3, ok4, ok5 bool
	m.Start, ok3 = hex(start)
	m.End, ok4 = hex(end)
	m.Offset, ok5 = hex(fields[2])
	inode, err := strconv.ParseUint(string(fields[4]), 10, 64)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || err != nil || m.Start > m.End {
		return Mapping{}, errFormat
	}
	m.DevMajor, m.DevMinor, m.Inode = uint32(devMajor), uint32(devMinor), inode
	perm := fields[1]
	m.Read, m.Write, m.Exec, m.Shared = perm[0] == 'r', perm[1] == 'w', perm[2] == 'x', perm[3] == 's'
	m.Path = string(bytes.TrimLeft(rest, " "))
	// seq_path escapes the newline, and nothing else, in octal.
	m.Path = strings.ReplaceAll(m.Path, `\012`, "\n")
	return m, nil
}
