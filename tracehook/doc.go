// Package tracehook is the seam between a kernel and the core: the one narrow
// place through which the events of threads come in and control goes out.
//
// Two contracts stand here. An [Observer] reports events and cannot influence
// anything. A [Loop] is an Observer that also controls: its events leave the
// thread stopped, and the [Task] that comes with them reads and changes the
// thread and lets it go on. A [Kernel] makes loops.
//
// # The contract of a Loop
//
// One loop is one operating system thread. Everything but the methods that
// say otherwise is called on it, and every event is handed to the [Handler]
// on it. That is why neither side needs a lock.
//
//  1. A task belongs to the loop that attached it, until it is detached or
//     dead. Attaching causes no stop, no signal and no other visible effect.
//  2. An event that stops (see [Kind.Stops]) leaves the task stopped until
//     Resume or Detach; exactly one of them answers it, during Handle or any
//     time later. Events of one task come in the order in which they happened.
//  3. SIGKILL wins. A stopped task that is killed reports again (Exit or
//     Death) without having been resumed; that report voids the earlier stop.
//     No back end ever holds a dying task back by itself.
//  4. Clone is reported once parent and child are both stopped: the child has
//     run nothing yet. In which order the kernel told the two does not show.
//     A child that was killed before that is reported as a Clone with a nil
//     Child, never as an event of its own.
//  5. Exec by a thread other than the leader renames it. The back end reports
//     Death and Reap of the old leader first, then Exec on the surviving Task,
//     whose ID has changed by then; Event.Former is the former one.
//  6. Each attached task ends in exactly one Death followed by one Reap, or in
//     a Detach. A leader that exits before its threads reports Death with
//     Event.ParentSignal [LeaderZombie] at once and Reap when the process ends.
//  7. Interrupt makes the task report before it runs another instruction in
//     user mode: a Quiesce, or whatever other event comes first. Interrupts do
//     not add up, and an Interrupt of a stopped task takes effect after it is
//     resumed. A system call that the kernel would have failed with EINTR only
//     because of an Interrupt is restarted by the back end.
//  8. A signal is reported by Signal before it takes effect, whatever the
//     interest: Resume with that number delivers it, with 0 drops it, and with
//     another one replaces it. SIGKILL and the wake-up by SIGCONT are never
//     reported. Traps that the tracing itself caused (steps, breakpoints) come
//     as Signal events too, told apart by Event.Trap.
//  9. In a group-stop the task reports GroupStop. Resume with [Listen] leaves
//     it stopped for its family while the loop hears of Continue; other modes
//     run it. Resuming with Listen anywhere else is an error (EIO).
//  10. SetInterest says which optional events are wanted. It takes effect at
//     the next stop of the task; its result says whether that matters, so that
//     the caller can Interrupt.
//  11. A request to a task that is gone fails with [ErrGone] (ESRCH), one to a
//     task that is running with [ErrRunning] (also ESRCH, as the kernel's).
//     Neither is exceptional: threads die at any moment.
//  12. Post may be called from anywhere at any time; the function runs on the
//     loop, in order of posting, and is never lost while Post returns true.
//
// The package hooktest checks both contracts on every back end.
package tracehook
