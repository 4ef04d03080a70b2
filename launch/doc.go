// Package launch starts a program that is to be traced, so that the program
// cannot tell: it gets the signal mask, ignored signals, descriptors, limits,
// environment, process group and terminal that this process was given.
//
// The new process is held just before its exec. A tracer attaches to it
// there, and then lets it go:
//
//	p, err := launch.Start(&launch.Command{Path: path, Args: args})
//	...                  // attach to p.PID()
//	err = p.Release()    // exec
//	err = p.ExecError()  // did it?
//	status, err := p.Wait(ctx)
//
// What is kept exactly depends on how the calling program was linked: see
// [Limits] and package entry.
//
// # Who may wait
//
// A tracer that is a thread of this process must be the only one to wait for
// its tracee: the kernel takes a wait by any thread of the real parent's
// process for a wait by the tracer, and hands it stops that were meant for
// the tracer (wait_consider_task in kernel/exit.c). This is why os/exec does
// not fit. A [Process] therefore has to be told:
//
//   - Traced, before a thread of this process attaches to it. From then on
//     Wait touches nothing, it waits to be told the end.
//   - Untraced, when it was detached from, or the tracer failed to attach.
//     Wait then waits for the process itself.
//   - Ended, with what wait4(2) said, by whoever reaped it.
//
// A tracer loop that waits for any child of its thread and starts programs
// from that same thread reaps them even after it detached. It must not call
// Untraced, only Ended.
package launch
