// Package inject changes what system calls do: errors and results that the
// kernel did not give, delays, signals, memory that reads differently.
//
// A [Rule] is one -e inject= of strace, whose grammar [Parse] reads, with more
// conditions: files, descriptors, probabilities, several errors. A [Plan] is a
// list of them with a seed, so that a run with probabilities can be repeated.
// Each traced thread has a [Thread], which counts its calls and carries the
// rules out from the callbacks of an engine:
//
//	func (x *faults) ReportSyscallEntry(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
//		return x.thread.Enter(r, s, x.call(r, s))
//	}
//
//	func (x *faults) ReportSyscallExit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
//		return x.thread.Exit(r, s)
//	}
//
// [Attach] is that engine, ready made.
package inject
