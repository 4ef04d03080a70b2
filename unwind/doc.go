// Package unwind walks the stacks of threads.
//
//	u := unwind.New(space)
//	frames := u.Unwind(snapshot, 0)
//
// It works on copies: a Snapshot has the registers of a thread and a piece of
// its stack, so the thread can go on before the walk begins. Everything else that
// is needed is in the files that the process maps.
//
// For each frame the ways to its caller are tried in this order:
//
//  1. the registers that the kernel saved for a signal handler, where the frame
//     is at the code that handlers return to;
//  2. the table of the Go runtime, for functions of Go;
//  3. call frame information: .eh_frame, by way of .eh_frame_hdr if there is one,
//     or .debug_frame (DWARF 5, 6.4; Linux Standard Base, "DWARF Extensions");
//  4. the frame pointer, for what nothing is known of.
//
// What the files and the stack contain may be hostile: every walk is bounded, and
// what makes no sense ends it.
//
// # Another architecture
//
// It takes an entry in the table of architectures: the DWARF numbers of its
// registers and the code of its signal trampolines.
package unwind
