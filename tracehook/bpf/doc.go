// Package bpf is an observer that never stops a thread: programs in the kernel,
// on the tracepoints of system calls, signals, births, execs and ends, write
// records into a ring buffer, from which the handler is fed.
//
// # What it takes
//
// Linux 5.8 with CONFIG_DEBUG_INFO_BTF, and CAP_BPF with CAP_PERFMON, or root. The
// programs are in C (directory program), compiled into the package; the loader
// fits them to the running kernel. [Monitor.NewObserver] says what is missing,
// and [Probe] asks for it.
//
// # What it costs
//
// An observed system call takes some hundred nanoseconds longer. While an observer
// is open, all system calls of the machine take some ten more, because the kernel
// then looks at each whether somebody is interested.
//
// # What is copied
//
// A [Call] says which memory is to be copied with it. A page that is not in
// memory when the call begins cannot be read then, because a program in the
// kernel cannot wait for the disk: it is read when the call ends, if the kernel
// itself has looked at it, and Event.Missed and Event.Late say so. Execve
// replaces the memory: what was missed of its arguments stays unread.
//
// # Signals that are sent
//
// With WantSent, a Sent event of the thread that the kernel has chosen says that a
// signal was sent, by whom, and what became of it. It comes from the sender's
// processor: among the thread's own events it stands where it was written down.
//
// # What is different from the contract's wording
//
// A Reap comes when the kernel has freed the thread, some milliseconds after its
// id has. Signals that end a process without a core dump are reported by the
// first of its threads that dies of them. At most 32768 threads are observed at
// a time; the birth of one too many counts as a lost event of its parent.
package bpf
