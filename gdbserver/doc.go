// Package gdbserver serves gdb's remote protocol over a core: to gdb, to LLDB, to
// whatever else speaks it, to any number of them at once and about the same
// processes.
//
//	s := gdbserver.New(core, gdbserver.Options{Log: os.Stderr})
//	err := s.Run(ctx, []string{"/bin/true"}) // or s.Attach(ctx, pid)
//	err = s.Serve(ctx, listener)
//
// Each connection is a client of the core like any other engine. It has engines
// of its own on the threads of the processes that it debugs, and breakpoints of
// its own; what another one does it notices only where the program stands still
// for longer. A thread runs when no client holds it.
//
// All state is owned by the loop of the core. Connections are read and written
// there, without blocking; what has to wait, such as the start of a program, is
// done by a goroutine for as long as it takes, during which that one client is
// not served.
package gdbserver
