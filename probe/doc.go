// Package probe tells when threads of a program come to certain places, with
// the arguments that they bring and their stacks, or write to certain memory:
// what utrace break prints.
//
//	p := probe.New(core, probe.Options{Places: specs, Hit: show})
//	err := p.Attach(ctx, pid)
//	<-p.Done()
//
// The program never waits for anybody: a thread that has come to a place is
// looked at on the loop of the core, and goes on. It is a client of package
// breakpoint, so any number of probes and debuggers can have the same place.
//
// # Files that are loaded later
//
// A place that is in no file of the process waits for one. The dynamic linker
// calls an empty function, _dl_debug_state, whenever the list of its files has
// changed, for debuggers to have a breakpoint there (struct r_debug in link.h);
// so does musl's. A probe has one, which costs nothing until a file is loaded,
// where watching the calls of mmap(2) would cost two stops for each. The thread
// that loads a file is held until the new places are set, and only that.
package probe
