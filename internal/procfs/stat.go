package procfs

import (
	"bytes"
	"strconv"
)

// Stat is what /proc/TID/stat says, as far as tracers care; see proc_pid_stat(5).
type Stat struct {
	TID        int
	Name       string
	State      byte
	Parent     int
	Group      int // process group
	Session    int
	Flags      uint64 // PF_* of the kernel
	Threads    int
	Start      uint64 // clock ticks since boot: tells a thread from a later one with its id
	ExitSignal int    // what the parent gets; -1 for threads other than the leader
	ExitCode   int    // wait status; 0 without the right to know it
}

// flagKthread is the kernel's PF_KTHREAD.
const flagKthread = 0x00200000

// Kernel reports whether it is a thread of the kernel itself.
func (s Stat) Kernel() bool { return s.Flags&flagKthread != 0 }

// ReadStat reads /proc/TID/task/TID/stat.
func ReadStat(tid int) (Stat, error) {
	var s Stat
	err := withFile(tid, "stat", func(b []byte) (err error) {
		s, err = ParseStat(b)
		return err
	})
	return s, err
}

// ParseStat parses the content of a stat file. The name stands between the
// first and the last parenthesis: it may contain anything, but what follows it
// contains none.
func ParseStat(text []byte) (Stat, error) {
	var s Stat
	open, shut := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return s, errFormat
	}
	var ok bool
	if s.TID, ok = decimal(bytes.TrimSpace(text[:open])); !ok {
		return s, errFormat
	}
	s.Name = string(text[open+1 : shut])
	rest, number := text[shut+1:], 3
	for ; ; number++ {
		rest = bytes.TrimLeft(rest, " \n")
		if len(rest) == 0 {
			break
		}
		end := bytes.IndexAny(rest, " \n")
		if end < 0 {
			end = len(rest)
		}
		if !s.field(number, rest[:end]) {
			return s, errFormat
		}
		rest = rest[end:]
	}
	if number <= 38 {
		return s, errFormat
	}
	return s, nil
}

// field takes one field, numbered as in proc_pid_stat(5).
func (s *Stat) field(number int, b []byte) (ok bool) {
	ok = true
	var err error
	switch number {
	case 3:
		s.State = b[0]
		ok = len(b) == 1 && letter(b[0])
	case 4:
		s.Parent, ok = decimal(b)
	case 5:
		s.Group, ok = decimal(b)
	case 6:
		s.Session, ok = decimal(b)
	case 9:
		s.Flags, err = strconv.ParseUint(string(b), 10, 64)
	case 20:
		s.Threads, ok = decimal(b)
	case 22:
		s.Start, err = strconv.ParseUint(string(b), 10, 64)
	case 38:
		s.ExitSignal, ok = decimal(b)
	case 52:
		s.ExitCode, ok = decimal(b)
	}
	return ok && err == nil
}
