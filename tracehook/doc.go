// Package tracehook is the seam between a kernel and the core: the one narrow
// place through which the events of threads come in and control goes out.
//
// Two contracts stand here. An [Observer] reports events and cannot influence
// anything. A [Loop] is an Observer that also controls: its events leave the
// thread stopped, and the [Task] that comes with them reads and changes the
// thread and lets it go on. A [Kernel] makes loops, a [Monitor] makes mere
// observers. A thread can have one Loop and any number of observers: each of
// them has its own stream of events. Where loops share threads, as those over an
// owner process do, each sees its own stops.
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
//     Child, never as an event of its own. A parent that is killed before the
//     report is made still reports it, or the stopped child would be nobody's;
//     requests to that parent fail with ErrGone, and its end follows. Where the
//     kernel has forgotten by then whose child it is, the child is let go.
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
//     because of an Interrupt is restarted by the back end. With WantSyscalls,
//     an Interrupt in a call may therefore be answered by its SyscallExit, whose
//     Result is one of the kernel's ERESTART numbers (-512 to -516, which no
//     program ever sees); a SyscallEntry with Event.Restarted set continues the
//     call, unless a signal handler comes first.
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
//     the caller can Interrupt. The interest that Attach is given takes effect
//     at once, but for system calls (WantSyscalls, WantFiltered): those of a
//     thread that was attached while it ran are reported after its first stop.
//     A call that it is in by then shows as a SyscallEntry that is Restarted,
//     or as a SyscallExit that is not Paired.
//  11. A request to a task that is gone fails with [ErrGone] (ESRCH), one to a
//     task that is running with [ErrRunning] (also ESRCH, as the kernel's).
//     Neither is exceptional: threads die at any moment.
//  12. Post may be called from anywhere at any time; the function runs on the
//     loop, in order of posting, and is never lost while Post returns true.
//  13. After runs its function on the loop, once and not before its time, unless
//     the timer is stopped first. A function that Watch was given runs on the
//     loop as long as there is something to read, and not after Unwatch. A back
//     end without descriptors fails Watch and Unwatch with ErrNotSupported.
//
// # The contract of an Observer
//
// It holds for those that a Monitor makes. A Loop has the methods, too, but its
// events stop, and are to be answered as above.
//
//  1. Observing has no effect: no stop, no signal, no call that is interrupted,
//     nothing that the thread, its parent or its tracer could see. It needs no
//     ownership: other observers and a loop do not matter.
//  2. Handle is called on the goroutine that called Run, so never twice at a
//     time. Events of one thread come in the order in which they happened,
//     across a change of its id by exec too. A Clone comes before the first
//     event of its child, unless it was lost.
//  3. An event has no state behind it. Event.Task and Event.Child are nil, as
//     the thread has gone on; Event.Subject is set. Event.Time is when it
//     happened, and does not go back within a thread. Subject.ID and Start say
//     what held at the event that was handed out last, not what holds by now.
//  4. An Observer keeps a bounded number of events. Those for which there was
//     no room are counted by thread, never silently dropped: a Lost event with
//     their Count comes after what was kept from before them and before all
//     that happened later, with the Time of the last one. Events handed out
//     and events counted as lost make up all there were.
//  5. A handler that is slow, or never returns, slows no thread.
//  6. Interest takes effect at once, and SetInterest returns false. SyscallEntry
//     and SyscallExit, Clone, VforkDone and Exit come by interest, and Signal,
//     Exec, Death and Reap in any case; WantFiltered means nothing here, and
//     WantSent only to observers that say so. There is no Quiesce, GroupStop or
//     Continue. With WantClones every child is observed with the interest of its
//     parent from its first instruction on; without it none is. Of a call that was
//     under way when it began to be observed, the SyscallExit is reported, not
//     Paired.
//  7. Signal means that the signal takes effect: what is blocked, was discarded
//     when sent, or dropped by a tracer is not reported. Trap and Addr are zero.
//     SyscallEntry shows the call as it is made, and SyscallExit the kernel's
//     result, ERESTART numbers included.
//  8. Each observed thread ends in exactly one Death followed by one Reap, which
//     are never lost, only late: they come after the Lost events then. Exec by
//     a thread other than the leader and a leader that ends before its threads
//     are reported as a Loop does (clauses 5 and 6 there), as long as nothing
//     is lost.
//  9. Observe of a thread that this Observer observes already, maybe as
//     somebody's child, returns the Subject that it has, and sets its interest.
//     Events may be handed out before Observe has returned.
//  10. Close ends everything, also while a handler is stuck, and what was not
//     handed out is forgotten. Run then returns nil as soon as the handler does,
//     without handing out anything else. Observe fails with ErrClosed.
//
// The package hooktest checks both contracts on every back end.
package tracehook
