// Package coredump writes ELF core files of processes that live, as the kernel
// writes them of processes that die: gdb, LLDB and others read them.
//
//	result, err := coredump.Dump(ctx, core, pid, file, coredump.Options{})
//	fmt.Println(result.Stopped)
//
// All threads are stopped while the memory is read, and go on then. It is copied, as
// far as a quarter of what the machine has to spare suffices, and written later, so
// that the process does not wait for a slow file. What is written is what the
// process's coredump_filter asks for (core(5)); zeros become holes in a file.
//
// # Snapshots
//
// With Options.Snapshot the process stands still only until it has been forked,
// some milliseconds per gibibyte. The fork never runs; its memory is what is
// written. For that a thread of the process has to make a call of clone(2), and
// when all is written one of wait4(2), for which the process stands still once
// more. The program does not notice, with these exceptions:
//
//   - Each page that it writes meanwhile is copied first, which takes time and
//     memory.
//   - Shared memory is as it is when it is written, not as it was.
//   - It has a child for a while. No signal tells of it, and only wait calls with
//     __WALL or __WCLONE see it.
//
// Other engines of the core see these calls, and the child, as if they were the
// program's.
//
// If this process is killed in between, the thread puts itself right and the fork
// ends; it stays a zombie until the process ends.
//
// There is no snapshot, but an error that says why, of programs that have
// userfaultfd memory, a shadow stack, or no C library; that run under a seccomp
// filter, unless we may suspend it; or that may not have another child. It takes
// an x86 processor.
package coredump
