package utrace

// Action is what an engine wants its thread to do next. The strictest answer
// of all engines wins: Stop, then Interrupt, ReportSoon, SingleStep, BlockStep,
// Resume, Detach.
//
// The zero value is Resume: go on as if this engine were not here.
type Action int8

// The actions, mildest first.
const (
	// Detach ends this engine's attachment and implies Resume.
	Detach Action = iota - 1
	// Resume lets the thread run.
	Resume
	// BlockStep lets it run to the next taken branch. Where the machine
	// cannot, or another engine wants SingleStep, it is a single step.
	BlockStep
	// SingleStep lets it run for one instruction. Like BlockStep it is
	// one-shot: the trap that follows has to ask again.
	SingleStep
	// ReportSoon asks for a Quiesce report before the thread is back in user mode,
	// without disturbing a system call in progress.
	ReportSoon
	// Interrupt asks for a Signal report (see Signal.Reporting) before the
	// thread is back in user mode and before any signal is looked at. It cuts
	// an interruptible sleep short, which is then restarted.
	Interrupt
	// Stop keeps the thread stopped for this engine until the engine answers
	// a later report otherwise or calls Control.
	Stop
)

var actionNames = [...]string{"detach", "resume", "block-step", "single-step", "report", "interrupt", "stop"}

// String returns the name of the action.
func (a Action) String() string {
	if a.valid() {
		return actionNames[a-Detach]
	}
	return "invalid-action"
}

func (a Action) valid() bool { return a >= Detach && a <= Stop }

// steps reports whether a asks for hardware stepping.
func (a Action) steps() bool { return a == SingleStep || a == BlockStep }

// CallAction decides whether a system call is made.
type CallAction uint8

// The choices about a system call. The engine that is called last decides.
const (
	// KeepCall leaves the decision as the engines called before made it.
	KeepCall CallAction = iota
	// RunCall has the call made.
	RunCall
	// AbortCall has it not made. Its exit is reported with the result set by
	// Syscall.SetResult, or ENOSYS.
	AbortCall
)

// SyscallAnswer is the answer to a SyscallEntry report. The zero value lets
// everything take its course.
type SyscallAnswer struct {
	Action Action
	Call   CallAction
}

// SignalAction decides what becomes of a signal.
type SignalAction uint8

// The choices about a signal. Each engine sees what the ones before it chose;
// the last engine's choice is carried out.
const (
	// KeepSignal leaves the choice as it is. At the start of the pass it is
	// what the process has set up by itself.
	KeepSignal SignalAction = iota
	// Deliver has the signal take effect as the process has set up.
	Deliver
	// Ignore drops the signal.
	Ignore
	// Terminate ends the process by this signal.
	Terminate
	// DumpCore ends the process by this signal, with a core dump.
	DumpCore
	// JobStop stops the process for job control, unconditionally.
	JobStop
	// TerminalStop is JobStop, but not in an orphaned process group.
	TerminalStop
)

var signalActionNames = [...]string{"keep", "deliver", "ignore", "terminate", "core", "stop", "tstp"}

// String returns the name of the choice.
func (a SignalAction) String() string {
	if int(a) < len(signalActionNames) {
		return signalActionNames[a]
	}
	return "invalid-signal-action"
}

// SignalAnswer is the answer to a Signal report. The zero value lets the
// signal take its course.
//
// Action Stop suspends the pass: the engines behind this one hear of the
// signal, and with it of this engine's choice, once this engine lets go (see
// Engine.Answer). With Do set to Deliver and a handler in the process the
// pass goes on instead, and the thread stops on the handler's first
// instruction. ReportSoon and Interrupt count as Resume here.
type SignalAnswer struct {
	Action Action
	Do     SignalAction
	// Hold puts the signal back, so that it is reported again after others.
	Hold bool
	// Later leaves the signal to the engines behind this one first: the report is
	// made once more when they have decided (Signal.Again), and then Later counts
	// for nothing. Stop, Do and Hold count for nothing beside it.
	Later bool
}
