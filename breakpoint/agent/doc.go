// Package agent evaluates gdb's agent expressions: the bytecode in which gdb
// sends the conditions of breakpoints, and what dprintf prints, to who runs the
// program. A condition so is decided where the thread stops, and no debugger is
// woken for a hit that does not count.
//
//	p, err := agent.Parse(code)
//	...
//	b, err := m.Set(ctx, breakpoint.Spec{
//		Addr:      addr,
//		Condition: func(r *utrace.Report, _ *breakpoint.Breakpoint) bool { return p.Holds(r, nil) },
//	})
//
// The bytecode is described in "Bytecode Descriptions" of gdb's manual. What
// belongs to tracepoints (trace, tracev, trace state variables) and floating
// point, which gdb never implemented, is refused by name when an expression is
// parsed. A parsed program is bounded in steps and stack, and cannot harm
// anybody: it reads registers and memory of one thread.
package agent
