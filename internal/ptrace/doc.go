// Package ptrace wraps ptrace(2) and the system calls that a tracer needs next
// to it, one function for each request and nothing on top.
//
// It is the one place of this module that issues ptrace requests. The
// functions do not allocate and do not wrap errors: an error is always a
// [syscall.Errno], so that the path of a stop costs the system call and nothing
// else. Whoever shows an error to a person explains it then (see package
// denial).
//
// Rules of the kernel that hold for all of them:
//
//   - The caller must be the very OS thread that seized the tracee; any other
//     thread of the same process gets ESRCH. Hence [runtime.LockOSThread].
//   - But for Seize and Interrupt the tracee must be in a ptrace-stop and not
//     in PTRACE_LISTEN, else ESRCH.
//   - ESRCH also means that the tracee was killed meanwhile. That can happen
//     between any two requests, so it is never a reason to panic or to log.
//
// Requests that cannot sleep are made as raw system calls: telling the Go
// scheduler about each of them would cost more than many of the requests do.
package ptrace
