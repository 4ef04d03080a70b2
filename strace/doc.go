// Package strace is the part of a system call tracer that users of strace see:
// the options, the text of the trace, the summary table and the JSON lines.
//
// It does not trace. Whoever observes threads, by stopping them or otherwise,
// feeds a [Log] with what happens:
//
//	opts, err := strace.ParseOptions(args)
//	log, err := strace.NewLog(opts)
//	t := log.Attach(tid, pid, strace.Followed, now)
//	t.Call = decode.Call{...}
//	log.SyscallEntry(t, now)
//	...
//	err = log.Close()
//
// The notation is that of strace 6.1, so that scripts written for it go on
// working; docs/strace.md lists where the two differ.
package strace
