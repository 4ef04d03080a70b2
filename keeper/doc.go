// Package keeper puts the text of traced programs right when the process that
// traces them has died.
//
// A breakpoint is an instruction in the program's memory. The kernel lets go of
// all threads when their tracer dies, even by SIGKILL, but the instruction stays
// where it is, and kills whoever comes to it. So a [Keeper] has a child process,
// which is told of every breakpoint before it is written, and of threads with debug
// registers in use. When the other end of the socket between the two is closed, by
// whatever death, the child writes the original bytes back, clears the debug
// registers, and exits.
//
//	func main() {
//		keeper.Main() // first of all: the child is the same program
//		...
//		k, err := keeper.Start()
//		core, err := host.Open(utrace.Options{Journal: k})
//		...
//		core.Close()
//		k.Close() // nothing is left to do for it
//	}
//
// # A successor
//
// With arguments for one, the child also starts the program again when the owner is
// killed, as often as need be. What the owner has had it Hold, the successor finds
// in Inherited, and its Start returns the keeper that there is: descriptors on which
// others depend stay open all the time. Listeners of seccomp are known to the child
// by name, see Listener: when there is no owner any more, it leaves their
// calls to the kernel.
//
// # What it cannot do
//
// Between the owner's death and the restoring, the program runs with the
// breakpoints. A thread that comes to one then, or has not gone on from one yet,
// dies of SIGTRAP. Debug registers, too, stay as they are when the tracer dies, and
// only a tracer can clear them: the child attaches to each thread that has some
// for a moment, if it may (ptrace(2), "ptrace_scope"). A signal that is held
// needs no keeper: the kernel delivers it when the tracer has gone.
package keeper
