// Package linux is the back end that controls threads through ptrace(2).
//
// It attaches with PTRACE_SEIZE only, so that attaching stops nobody, sends no
// SIGSTOP, and answers group-stops with PTRACE_LISTEN, so that job control
// works as without a tracer. One [Loop] is one locked thread which waits with
// __WALL|__WNOTHREAD: it sees its own tracees and nobody else's children.
//
// How a stop comes in and goes out:
//
//	wait status ── dispatch (stop.go) ── one file for each kind of stop
//	                                            │ Event
//	                                            ▼
//	                                         Handler
//	                                            │ Resume, Detach
//	                                            ▼
//	              resume.go: options, mask, injections, which request
//
// A system call stop costs three system calls: wait4, PTRACE_GET_SYSCALL_INFO
// and the request that resumes.
//
// # What a stock kernel does not let this package hide
//
//   - A restarted call with a relative timeout waits for the whole of it again
//     (see restart.go).
//   - A step over a signal mask change sees SIGTRAP unblocked for the moment,
//     and one while SIGTRAP is ignored resets that to the default
//     (force_sig_info_to_task in kernel/signal.c).
//   - A child made with CLONE_UNTRACED is not announced at all.
//   - A parent that waits for its vfork child cannot be interrupted.
package linux
