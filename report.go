package utrace

import (
	"fmt"
	"time"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// Report is what a callback receives: the thread as it stands, directly at
// hand. It is valid until the callback returns. Its methods act at once; none
// waits.
type Report struct {
	thread *Thread
	engine *Engine
}

// Thread is the thread that reports.
func (r *Report) Thread() *Thread { return r.thread }

// Engine is the engine that is being called.
func (r *Report) Engine() *Engine { return r.engine }

// Event is the event that is being reported; 0 for a Quiesce report without one.
func (r *Report) Event() Events { return r.thread.bit }

// Pending is the strictest answer that the engines before this one gave in
// this pass: what would happen if this engine answered Resume.
func (r *Report) Pending() Action { return r.thread.verdict }

// SystemTime is the processor time that the thread has used inside the kernel
// so far; 0 unless the back end was told to measure it (linux.Kernel.Usage).
func (r *Report) SystemTime() time.Duration { return r.thread.systemTime }

// ABI tells how the thread's registers are to be read.
func (r *Report) ABI() regset.ABI { return r.thread.task.ABI() }

// Registers gives access to the register sets of the thread as they are, with
// the view of system call registers that this engine's layer has.
func (r *Report) Registers() regset.Transport { return registers{r.thread, r.engine} }

// ReadMemory reads the thread's memory. What the core planted there does not
// show. It returns how much was read before the first inaccessible byte.
func (r *Report) ReadMemory(addr uint64, p []byte) (int, error) {
	return r.thread.readMemory(addr, p)
}

// WriteMemory writes the thread's memory, also where the program itself may
// not. What the core planted there stays in place.
func (r *Report) WriteMemory(addr uint64, p []byte) (int, error) {
	return r.thread.writeMemory(addr, p)
}

// Attach attaches another engine: to this thread, to a child that a Clone
// report brings, or to any other. It takes part from the next pass on.
func (r *Report) Attach(thread int, handler any, options ...AttachOption) (*Engine, error) {
	c := r.thread.core
	if l := r.engine.lease; l != nil {
		c = l.core
	}
	a, cb, err := c.newAttachment(handler, options)
	if err != nil {
		return nil, err
	}
	if call := &r.thread.call; thread != call.clone.ID { // a newborn is its parent's
		if err := c.admitted(thread); err != nil {
			return nil, err
		}
	}
	return c.attach(thread, handler, cb, a)
}

// Clone describes a new thread or process.
type Clone struct {
	// ID is the new thread's id.
	ID int
	// Thread is the new thread, stopped before its first instruction. Nil if
	// it died already or cannot be traced (CLONE_UNTRACED).
	Thread *Thread
	// Flags are those of clone(2), made up for fork and vfork. The low byte is
	// the signal that its end sends.
	Flags uint64
}

// NewProcess reports whether the child is a process of its own rather than
// another thread of this one.
func (c *Clone) NewProcess() bool { return c.Flags&tracehook.CloneThread == 0 }

// Vfork reports whether the parent waits until the child has exec'd or died.
func (c *Clone) Vfork() bool { return c.Flags&tracehook.CloneVfork != 0 }

// Death describes the end of a thread.
type Death struct {
	// Status is how the thread ended.
	Status Status
	// Signal is what the parent got for it: normally SIGCHLD, or
	// NoParentSignal, or LeaderZombie.
	Signal int
	// GroupDead: this was the last thread of its process.
	GroupDead bool
}

// Values of Death.Signal that are not signals.
const (
	// NoParentSignal: a thread other than the leader, which nobody waits for.
	NoParentSignal = tracehook.NoParentSignal
	// LeaderZombie: the leader died before the other threads. The parent
	// hears of it at their end.
	LeaderZombie = tracehook.LeaderZombie
)

// JobControl says that a thread was stopped or continued by job control.
type JobControl struct {
	// Stopped: by Signal. Otherwise it goes on.
	Stopped bool
	Signal  int
	// Notify: this was the last traced thread of its process to stop, or the
	// first to go on, so the parent is being told now.
	Notify bool
}

// String describes it for people.
func (j JobControl) String() string {
	if j.Stopped {
		return fmt.Sprintf("stopped by signal %d", j.Signal)
	}
	return "continued"
}
