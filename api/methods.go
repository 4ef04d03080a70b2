package api

// The methods. Beside each stand its parameters and its result.
const (
	MethodHello  = "owner.hello"         // none, or Greeting: Hello
	MethodList   = "owner.list"          // none: []Thread
	MethodAdopt  = "vptrace.adopt"       // none, one descriptor: a seccomp listener to serve
	MethodAttach = "engine.attach"       // Attach, one descriptor: Attached
	MethodDetach = "engine.detach"       // Detach: none
	MethodEvents = "engine.events"       // SetEvents: none
	MethodAnswer = "engine.answer"       // Answer: none
	MethodCtl    = "engine.control"      // Control: Controlled
	MethodInject = "engine.inject"       // Inject: none
	MethodPlant  = "engine.plant"        // Breakpoint: none
	MethodLift   = "engine.lift"         // Breakpoint: none
	MethodWatch  = "engine.watch"        // Watch: none
	MethodIgnore = "engine.unwatch"      // Watch: none
	MethodRegs   = "thread.registers"    // Registers: RegisterValues
	MethodSet    = "thread.setRegisters" // SetRegisters: none
	MethodMask   = "thread.signalMask"   // SignalMask: SignalMask
	MethodUser   = "thread.user"         // UserWord: UserWord
	MethodRead   = "memory.read"         // Read: Memory, maybe a descriptor
	MethodWrite  = "memory.write"        // Write, maybe a descriptor: Written

	NotifyEvent = "event" // Event
	NotifyEnd   = "end"   // End
)

// Greeting says which versions of the protocol a client speaks. ENOTSUP: the owner
// speaks none of them.
type Greeting struct {
	Versions []int `json:"versions"`
}

// Hello introduces the owner. From then on its Version is spoken.
type Hello struct {
	Version int    `json:"version"`
	PID     int    `json:"pid"`
	UID     int    `json:"uid"`
	Build   string `json:"build"`
}

// Thread is a traced thread, and who traces it.
type Thread struct {
	Thread  int    `json:"thread"`
	Process int    `json:"process"`
	Program string `json:"program,omitempty"`
	// Mechanism is how its events come: by "ptrace", which stops it, or "ebpf".
	Mechanism string `json:"mechanism,omitempty"`
	// Stopped is the event in which the thread is stopped; empty: it runs.
	Stopped string   `json:"stopped,omitempty"`
	Engines []Engine `json:"engines"`
}

// Engine is one party's attachment to a thread.
type Engine struct {
	Name string `json:"name"`
	// Client is the process that the engine works for.
	Client int `json:"client,omitempty"`
	// Holds: it keeps the thread stopped, or will.
	Holds bool `json:"holds,omitempty"`
	// State is what a virtual tracer has the thread for: "running", "stopped"
	// or "listening". Stop is the wait status, without its low byte, if it is
	// stopped, and Waited says that the tracer knows.
	State  string `json:"state,omitempty"`
	Stop   int    `json:"stop,omitempty"`
	Waited bool   `json:"waited,omitempty"`
}

// How far an attachment reaches.
const (
	ScopeThread  = "thread"
	ScopeProcess = "process"
	ScopeTree    = "tree"
)

// Attach asks for an attachment. The descriptor that comes with it is the
// /proc/TID/mem of the thread, opened for reading and writing by the client.
type Attach struct {
	// Thread is the thread, or the process of the scopes "process" and "tree".
	Thread int `json:"thread"`
	// Scope is how far the attachment reaches; empty: "thread".
	Scope string `json:"scope,omitempty"`
	// Name names the engine, for people who list who is there.
	Name string `json:"name"`
	// Events are the names of the events to be told, as utrace.Events has them,
	// and Wait those of them that keep their thread stopped until the answer.
	Events []string `json:"events"`
	Wait   []string `json:"wait,omitempty"`
	// Timeout, in milliseconds, bounds the wait for an answer and for a client
	// that does not read. 0: one second. -1: as long as the connection lasts.
	Timeout int `json:"timeout,omitempty"`
	// Buffer is how many events may be unread, at most 4096. 0: 256.
	Buffer int `json:"buffer,omitempty"`
	// Default is the answer when the time is over: "resume" (also if empty) or
	// "detach".
	Default string `json:"default,omitempty"`
}

// Attached is an attachment's number, and the threads it has begun with.
type Attached struct {
	Attachment int   `json:"attachment"`
	Threads    []int `json:"threads"`
}

// Detach ends an attachment, or its engine on one thread.
type Detach struct {
	Attachment int `json:"attachment"`
	Thread     int `json:"thread,omitempty"`
}

// SetEvents replaces the events that are told, of all its threads or of one.
type SetEvents struct {
	Attachment int      `json:"attachment"`
	Thread     int      `json:"thread,omitempty"`
	Events     []string `json:"events"`
}

// Event is something that happened. What its kind does not have is left out.
type Event struct {
	Attachment int `json:"attachment"`
	// Task is the number of the thread in [NotifyTask].
	Task int `json:"task,omitempty"`
	// Seq numbers the events of a connection; an answer names it.
	Seq     uint64 `json:"seq"`
	Thread  int    `json:"thread"`
	Process int    `json:"process"`
	Event   string `json:"event"`
	// Time is in nanoseconds since 1970.
	Time int64 `json:"time"`
	// Waits: the thread is stopped until the answer.
	Waits bool `json:"waits,omitempty"`

	Number *uint64  `json:"number,omitempty"` // of a system call
	Args   []Uint64 `json:"args,omitempty"`
	Arch   uint32   `json:"arch,omitempty"`
	PC     Uint64   `json:"pc,omitzero"`
	SP     Uint64   `json:"sp,omitzero"`
	Result *int64   `json:"result,omitempty"`
	Failed bool     `json:"failed,omitempty"`
	Signal int      `json:"signal,omitempty"`
	Info   []byte   `json:"siginfo,omitempty"` // siginfo_t, in base64
	Child  int      `json:"child,omitempty"`   // or the former id, of an exec
	Flags  Uint64   `json:"flags,omitzero"`    // of clone(2)
	Status *int     `json:"status,omitempty"`  // as of wait(2)
	Parent int      `json:"parentSignal,omitempty"`
	Stop   *bool    `json:"stop,omitempty"` // job control: stopped or continued
	Trap   string   `json:"trap,omitempty"`
	Addr   Uint64   `json:"addr,omitzero"`
	// Lost is how many events of the attachment were given up so far.
	Lost uint64 `json:"lost,omitempty"`

	// Restarted and Paired, of calls, Data, of verdicts, Newborn, of clones, and
	// Matched, the watches that made a trap, come with [NotifyTask] only.
	Restarted bool    `json:"restarted,omitempty"`
	Paired    bool    `json:"paired,omitempty"`
	Data      uint32  `json:"data,omitempty"`
	Newborn   *Task   `json:"newborn,omitempty"`
	Matched   []Watch `json:"matched,omitempty"`
}

// End tells that an attachment is over, and why if not by wish or death.
type End struct {
	Attachment int    `json:"attachment"`
	Reason     string `json:"reason,omitempty"`
}

// Answer lets the thread of an event go on.
type Answer struct {
	Seq uint64 `json:"seq"`
	// Action is one of "resume" (also if empty), "step", "block-step", "report",
	// "interrupt", "stop" and "detach".
	Action string `json:"action,omitempty"`
	// Call decides about a system call at its entry: "run", or "abort", which
	// has it return Result.
	Call   string   `json:"call,omitempty"`
	Number *uint64  `json:"number,omitempty"`
	Args   []Uint64 `json:"args,omitempty"`
	// Result replaces the result of a call at its exit, too.
	Result *int64 `json:"result,omitempty"`
	// Signal decides about a signal: "deliver", "ignore", "terminate", "core",
	// "stop" or "tstp". Info replaces its siginfo.
	Signal string `json:"signal,omitempty"`
	Info   []byte `json:"siginfo,omitempty"`
}

// Control tells what a thread shall do next, or all of the attachment.
type Control struct {
	Attachment int    `json:"attachment"`
	Thread     int    `json:"thread,omitempty"`
	Action     string `json:"action"` // as of Answer
	// Wait has the answer come when a "stop" has come about.
	Wait bool `json:"wait,omitempty"`
}

// Controlled is the outcome: whether a stop is still on its way.
type Controlled struct {
	InProgress bool `json:"inProgress,omitempty"`
}

// Inject has a thread that is stopped for the attachment report a signal.
type Inject struct {
	Attachment int    `json:"attachment"`
	Thread     int    `json:"thread"`
	Info       []byte `json:"siginfo"`
}

// Breakpoint is an address in the process of a thread, which must be stopped for
// the attachment.
type Breakpoint struct {
	Attachment int    `json:"attachment"`
	Thread     int    `json:"thread"`
	Addr       Uint64 `json:"addr"`
}

// Watch has a debug register watch for something in a thread that must be stopped
// for the attachment, and in the others that the attachment has of its process.
type Watch struct {
	Attachment int `json:"attachment"`
	Thread     int `json:"thread"`
	// Kind is "execution", "write" or "access".
	Kind string `json:"kind"`
	Addr Uint64 `json:"addr"`
	// Len is 1, 2, 4 or 8, and divides Addr.
	Len int `json:"len"`
}
