// Package vptrace serves ptrace(2) and the waits that belong to it to
// unmodified tracers, from engines of the core. Any number of tracers so trace
// the same threads at the same time.
//
// A tracer runs under a seccomp filter (see [Rules]) that sends the system calls
// in question to a listener, and a [Server] answers them. Everything happens on
// the loop of the core: receiving a call, answering it, and the reports of the
// threads, so nothing here needs a lock.
//
// Each pair of a tracer and a thread is one engine, a link. What the thread
// reports becomes a virtual stop of the link, which holds the thread until the
// tracer resumes it; the thread goes on when no link holds it any more.
//
// docs/virtual-ptrace.md says which part of ptrace(2) is served, and by which
// rules tracers share a thread.
package vptrace
