// Package breakpoint keeps breakpoints in the processes that engines trace, so
// that any number of owners can have theirs, also at the same address, and none
// notices the others.
//
//	m, err := breakpoint.Open(ctx, core, pid, utrace.Process)
//	b, err := m.Set(ctx, breakpoint.Spec{Addr: addr, Hit: hit})
//	...
//	fmt.Println(b.Hits())
//	m.Close()
//
// A [Manager] is one owner. It is attached to a process, or with utrace.Tree to
// all its descendants too, and its breakpoints count the hits of all threads.
// A forked child that is followed has its parent's breakpoints; a vfork child
// shares them with its parent; an exec leaves none, for what was at their
// addresses is gone.
//
// A [Breakpoint] has a condition, which is evaluated at the stop on the loop of
// the core, and a number of hits to ignore. Whoever reads memory through the
// core sees the text without breakpoints. The program sees nothing of them: it
// may run slower.
//
// Besides planted instructions there are hardware breakpoints and watchpoints, by
// the debug registers that the core shares out, and watching by single steps for
// who asks for it: see [Kind]. Package agent evaluates conditions in gdb's
// bytecode.
//
// Threads step off a breakpoint on a detour through a copy of the instruction,
// which package displace makes, without the others being held; where that cannot
// be, in line.
package breakpoint
