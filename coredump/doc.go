// Package coredump writes ELF core files of processes that live, as the kernel
// writes them of processes that die: gdb, LLDB and others read them.
//
//	result, err := coredump.Dump(ctx, core, pid, file, coredump.Options{})
//	fmt.Println(result.Stopped)
//
// All threads are stopped while the memory is written, and go on then. What is
// written is what the process's coredump_filter asks for (core(5)); zeros become
// holes in a file.
package coredump
