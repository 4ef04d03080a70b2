package procfs

import (
	"bytes"
	"strconv"
)

// Syscall is what a thread sleeps in, as /proc/TID/syscall says.
type Syscall struct {
	// Running: the thread is on a processor or about to be, and nothing else
	// is known.
	Running bool
	// Number is -1 if the thread sleeps outside of a system call (in a page
	// fault, or stopped).
	Number int64
	Args   [6]uint64
	SP, PC uint64
}

// ReadSyscall reads /proc/TID/syscall. It needs the right to trace the thread
// (EPERM otherwise).
func ReadSyscall(tid int) (Syscall, error) {
	var s Syscall
	err := withFile(tid, "syscall", func(b []byte) (err error) {
		s, err = ParseSyscall(b)
		return err
	})
	return s, err
}

// ParseSyscall parses the content of a syscall file.
func ParseSyscall(text []byte) (Syscall, error) {
	fields := bytes.Fields(text)
	if len(fields) == 1 && string(fields[0]) == "running" {
		return Syscall{Running: true}, nil
	}
	if len(fields) != 3 && len(fields) != 9 {
		return Syscall{}, errFormat
	}
	var s Syscall
	var err error
	if s.Number, err = strconv.ParseInt(string(fields[0]), 10, 64); err != nil {
		return Syscall{}, errFormat
	}
	var words [8]uint64
	for i, field := range fields[1:] {
		digits, ok := bytes.CutPrefix(field, []byte("0x"))
		if !ok {
			return Syscall{}, errFormat
		}
		if words[i], ok = hex(digits); !ok {
			return Syscall{}, errFormat
		}
	}
	n := len(fields) - 1
	copy(s.Args[:], words[:n-2])
	s.SP, s.PC = words[n-2], words[n-1]
	return s, nil
}
