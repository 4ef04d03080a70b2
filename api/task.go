package api

// The methods and the notification for a client that runs a core of its own, as
// package client does: the owner traces its threads, one by one, and each stop
// is the client's to answer. The kernel's end of package tracehook says what the
// words mean. Beside each stand its parameters and its result.
const (
	MethodOpen      = "core.open"      // Open: Opened
	MethodTask      = "task.attach"    // TaskAttach, one descriptor: Task
	MethodInterest  = "task.interest"  // TaskInterest: none
	MethodResume    = "task.resume"    // TaskResume: none
	MethodHold      = "task.hold"      // TaskHold: none
	MethodInterrupt = "task.interrupt" // TaskInterrupt: none

	NotifyTask = "task.event" // Event
)

// Open makes a core for the client. What it attaches to belongs to one party.
type Open struct {
	// Name names it, for people who list who is there.
	Name string `json:"name"`
}

// Opened is the number of a core. Requests about registers, memory, breakpoints
// and watches name it as their attachment.
type Opened struct {
	Attachment int `json:"attachment"`
	// Patience, in milliseconds, is how long a stop may be left without
	// MethodResume or MethodHold. Then the connection is ended.
	Patience int `json:"patience"`
}

// TaskAttach attaches a core to one thread. The descriptor that comes with it is
// that of Attach.
type TaskAttach struct {
	Attachment int `json:"attachment"`
	Thread     int `json:"thread"`
	// Interest are the events that do not come in any case: "syscalls", "clones",
	// "vfork-done", "exit", "verdicts", and "filtered", which is system calls of
	// a thread that was launched with a filter which picks those that matter.
	Interest []string `json:"interest,omitempty"`
}

// Task is a thread that a core is attached to.
type Task struct {
	Task    int `json:"task"`
	Thread  int `json:"thread"`
	Process int `json:"process"`
	// Start is when it started, in clock ticks since boot.
	Start Uint64 `json:"start"`
}

// TaskInterest replaces the interest. For system calls of a running thread to be
// reported it has to be interrupted.
type TaskInterest struct {
	Attachment int      `json:"attachment"`
	Task       int      `json:"task"`
	Interest   []string `json:"interest,omitempty"`
}

// TaskResume ends a stop. A stop that has ended by itself, as the thread was
// killed, needs no answer.
type TaskResume struct {
	Attachment int    `json:"attachment"`
	Task       int    `json:"task"`
	Seq        uint64 `json:"seq"`
	// Mode is "run", "step", "block-step", "listen" or "detach"; empty: "run".
	Mode string `json:"mode,omitempty"`
	// Signal is delivered if the stop is a "signal". Info replaces its siginfo.
	Signal int    `json:"signal,omitempty"`
	Info   []byte `json:"siginfo,omitempty"`
	// Number and Args replace those of the call at whose entry the thread is. With
	// Skip it is not made. Result is what it returns then, or at its exit.
	Number *uint64  `json:"number,omitempty"`
	Args   []Uint64 `json:"args,omitempty"`
	Skip   bool     `json:"skip,omitempty"`
	Result *int64   `json:"result,omitempty"`
}

// TaskHold says that the stop was seen, and lasts.
type TaskHold struct {
	Attachment int    `json:"attachment"`
	Task       int    `json:"task"`
	Seq        uint64 `json:"seq"`
}

// TaskInterrupt has a thread report soon.
type TaskInterrupt struct {
	Attachment int `json:"attachment"`
	Task       int `json:"task"`
}
