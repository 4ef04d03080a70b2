package tracehook

import "time"

// Observer reports events of threads and cannot influence them. An event of
// an Observer has no state behind it: the thread runs on. The package's comment
// has the contract. All methods but Run may be called from any goroutine,
// handlers included, unless the Observer is a Loop.
type Observer interface {
	// Name is the mechanism's name, for people: "ptrace", "ebpf", "sim".
	Name() string
	// Run hands events to the handler, on the calling goroutine, until Close
	// has been called. It may be called once.
	Run() error
	// Observe begins to report events of a thread. ErrGone: there is none, or
	// it is dead; ErrClosed: after Close.
	Observe(id int, interest Interest) (Subject, error)
	// Close ends all reporting and releases everything. It does not wait for
	// Run to return, and may be called again.
	Close() error
}

// Monitor makes observers, as a Kernel makes loops. A back end may be both.
// Its methods may be called from any goroutine.
type Monitor interface {
	// Name is the mechanism's name.
	Name() string
	// NewObserver makes an Observer that hands its events to h. Run must
	// follow: what happens before it is kept for it as far as there is room.
	NewObserver(h Handler) (Observer, error)
}

// Kernel makes loops. Its methods may be called from any goroutine.
type Kernel interface {
	// Name is the mechanism's name.
	Name() string
	// NewLoop makes a loop that hands its events to h. Run must follow.
	NewLoop(h Handler) (Loop, error)
	// Threads lists the thread ids of a process, leader first. Any of its threads
	// stands for it.
	Threads(pid int) ([]int, error)
}

// Loop is one operating system thread that owns the threads which it attached.
type Loop interface {
	Observer

	// Run is the loop. It locks the calling goroutine to its thread and
	// returns when Close has been called, after letting all tasks go.
	Run() error
	// Post has f run on the loop and returns true, or false if the loop has
	// ended or will not get to it. From any goroutine.
	Post(f func()) bool
	// OnLoop reports whether the caller runs on the loop. From any goroutine.
	OnLoop() bool

	// Attach takes a thread over. It causes no stop. On the loop only.
	Attach(id int, interest Interest) (Task, error)
	// After has f run on the loop after d, roughly. On the loop only.
	After(d time.Duration, f func()) Timer
	// Watch has f called on the loop whenever fd is readable. On the loop only.
	Watch(fd int, f func()) error
	// Unwatch ends that. On the loop only.
	Unwatch(fd int) error
	// Close lets every task go and ends Run. From any goroutine; it does not
	// wait.
	Close() error
}

// Timer is a function that is going to run.
type Timer interface {
	// Stop prevents it and reports whether it was in time.
	Stop() bool
}

// Remote is a Loop whose threads are traced by another process: children of this
// one among them are not its tracees, and waited for as ever.
type Remote interface {
	Loop
	Remote()
}
