package coredump

import (
	"bytes"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// site has the addresses of instructions that are used for calls. Every program
// with a C library, and every one written in Go, has them.
type site struct {
	*convention
	callAt, sigreturnAt uint64
	sigreturnCode       []byte
	stack               procfs.Mapping // of the process's first thread
}

// errNoSite is why calls cannot be made in some programs.
var errNoSite = fmt.Errorf("the program has no instructions that could be used to have it fork: %w", utrace.ErrNotSupported)

// findSite looks for the instructions, in a process that runs.
func findSite(pid int) (*site, error) {
	s := &site{}
	if s.convention = conventionOf(pid); s.convention == nil {
		return nil, errNoSite
	}
	memory, err := procfs.OpenMem(pid)
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	err = procfs.Maps(pid, func(m procfs.Mapping) bool {
		if m.Path == "[stack]" {
			s.stack = m
		}
		if !m.Exec || m.Path == "[vsyscall]" {
			return true
		}
		if s.callAt == 0 {
			s.callAt = findCode(memory, &m, s.call)
		}
		for _, code := range s.sigreturn {
			if s.sigreturnAt == 0 {
				s.sigreturnAt, s.sigreturnCode = findCode(memory, &m, code), code
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if s.callAt == 0 || s.sigreturnAt == 0 || s.stack.End == 0 {
		return nil, errNoSite
	}
	return s, nil
}

// findCode returns the address of the first place with this code, or 0.
func findCode(memory *procfs.Mem, m *procfs.Mapping, code []byte) uint64 {
	buffer := make([]byte, min(chunk, m.End-m.Start))
	for at := m.Start; at+uint64(len(code)) <= m.End; at += uint64(len(buffer) - len(code) + 1) {
		n, err := memory.Read(at, buffer[:min(uint64(len(buffer)), m.End-at)])
		if i := bytes.Index(buffer[:n], code); i >= 0 {
			return at + uint64(i)
		}
		if err != nil {
			break
		}
	}
	return 0
}
