// Package stack takes the stacks of all threads of a running process.
//
//	p, err := stack.Take(ctx, core, pid, stack.Options{})
//	for i := range p.Threads {
//		frames := p.Frames(&p.Threads[i], 0)
//	}
//	p.Close()
//
// A thread is stopped only while its registers and its stack are copied, one
// thread after the other, and is walked when it runs again: the process as a
// whole never stands still. So the stacks are not of one moment.
package stack
