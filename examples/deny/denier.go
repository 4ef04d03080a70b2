package main

import (
	"bytes"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/syscalls"
)

// denier refuses a program the nth opening of a file. It is one engine
// attached to many threads. They all report on one loop, so it needs no lock.
type denier struct {
	path string
	nth  int
	// opened counts the openings so far.
	opened int
}

// ReportSyscallEntry implements utrace.SyscallEntryReporter. The thread stands
// in front of the kernel; nothing of the call has happened.
func (d *denier) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	// After a hold by some other engine the same entry is reported again.
	if s.Resumed() || !d.opens(r, s) {
		return utrace.SyscallAnswer{}
	}
	d.opened++
	if d.opened != d.nth {
		return utrace.SyscallAnswer{}
	}
	s.SetResult(-int64(syscall.EACCES))
	return utrace.SyscallAnswer{Call: utrace.AbortCall}
}

// opens reports whether the call opens the file.
func (d *denier) opens(r *utrace.Report, s *utrace.Syscall) bool {
	abi := syscalls.ByAuditArch(s.Arch())
	if abi == nil || abi.CallName(s.Number()) != "openat" {
		return false
	}
	// One byte more than we look for: the end is part of the name. A name
	// that ends at the end of its memory gives fewer bytes, and an error.
	name := make([]byte, len(d.path)+1)
	n, _ := r.ReadMemory(s.Arg(1), name)
	return bytes.Equal(name[:n], append([]byte(d.path), 0))
}
