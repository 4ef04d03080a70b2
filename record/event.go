package record

import "time"

// Kind says what happened.
type Kind uint8

// What can happen to a thread.
const (
	Attach Kind = iota + 1 // the tracer began with it; Origin tells how it came
	Entry                  // it entered the call of ABI, Nr and Args
	Exit                   // the call ended as Outcome says
	Signal                 // Signal is being delivered, with Info if it could be read
	Stop                   // job control stopped it by Signal
	Exec                   // it took the place of thread Other, its leader, whose id it has from now on
	Death                  // it ended with Status, as of wait(2)
	Detach                 // the tracer let it go
	Name                   // it calls itself Text (comm)
	Begin                  // of a writer's recording: Command and Options; no thread
)

var kindNames = [...]string{"?", "attach", "entry", "exit", "signal", "stop", "exec", "death", "detach", "name", "begin"}

// String returns the name of the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// Outcome is how a call ended.
type Outcome uint8

// How a call can end.
const (
	Returned    Outcome = iota // with Result, or the error number Result if Failed
	Unavailable                // returned, but with what could not be read
	Unfinished                 // not at all: the thread died or ended in it
)

// Event is one thing that happened. Which fields mean something depends on the
// kind. In a file an event is the kind and then, each as a variable-length
// integer (package encoding/binary) or as a length and so many bytes: the time
// since the event before, the thread, and the fields of the kind in the order in
// which they stand here.
type Event struct {
	Kind Kind
	Time time.Time
	// TID is the thread, by the id that it has at that time.
	TID int

	// PID is its process; Attach.
	PID    int
	Origin int

	// ABI is the name of the call's ABI, "x86_64"; Entry.
	ABI    string
	Nr     uint64
	Args   [6]uint64
	SP, PC uint64

	// Outcome and what follows belong to Exit.
	Outcome Outcome
	Result  int64
	Failed  bool
	// Took is the time that it took, by a clock that nobody sets.
	Took time.Duration
	// System is the processor time that the call used, as far as it was measured.
	System time.Duration
	// Fault is what fault injection did: bits of the writer's choice.
	Fault uint8

	// Memory is what the thread's memory had; Entry and Exit. FDs tell what
	// descriptors were open on.
	Memory []Memory
	FDs    []FD

	Signal int
	Info   []byte
	Other  int
	Status int

	Text string

	// Command is what was traced, and Options are the tracer's, of its own choice.
	Command []string
	Options []string
}

// Memory is a piece of a thread's memory.
type Memory struct {
	Addr uint64
	Data []byte
}

// FD says what a descriptor is open on, in a tracer's notation.
type FD struct {
	Number int32
	Text   string
}
