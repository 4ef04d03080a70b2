package tracehook

import "github.com/utrace/utrace/regset"

// Subject is a thread that a back end reports on.
type Subject interface {
	// ID is the thread id, in the PID namespace of the tracing process. An
	// exec by a thread other than the leader changes it.
	ID() int
	// Group is the thread group id, what user space calls the process id.
	Group() int
	// Start is the time at which the thread started, in clock ticks since
	// boot: with it an id that was used again is told from the old one.
	Start() uint64
	// SetInterest says which optional events are wanted from now on, and
	// reports whether the thread has to stop for that to take effect (which
	// costs an Interrupt if it must not wait for the next event).
	SetInterest(Interest) (needsStop bool)
	// Data and SetData keep one value for the handler, which so finds its own
	// record of the thread without a look-up.
	Data() any
	SetData(any)
}

// Forgetter is a Subject that an Observer need not report on until its end.
type Forgetter interface {
	Subject
	// Forget ends the reports on this thread, without any of its end. One that
	// is being handled may still come. Children are reported on, if they were.
	Forget()
}

// Task is a thread that a Loop controls.
//
// All methods are called on the loop. All but those of Subject and Interrupt
// need the thread to be stopped: ErrRunning otherwise, ErrGone when it died,
// which can happen at any moment.
type Task interface {
	Subject

	// Resume ends the stop. In a stop other than Signal the signal is ignored.
	Resume(mode Mode, signal int) error
	// Interrupt asks a running thread to report soon; see the contract.
	Interrupt() error
	// Detach ends the stop and the attachment. The signal is delivered if the
	// stop is a Signal; in a group-stop the thread stays stopped for its
	// family. There are no events after it.
	Detach(signal int) error

	// ABI is how this thread's registers are to be read. It changes at Exec.
	ABI() regset.ABI
	// Transport gives access to the register sets.
	regset.Transport

	// ReadMemory and WriteMemory access the thread's address space. They
	// return how many bytes were done before the first that is not
	// accessible, with an error (EFAULT, EIO) if that is not all. Writes go
	// through read-only mappings, as a debugger's do.
	ReadMemory(addr uint64, p []byte) (int, error)
	WriteMemory(addr uint64, p []byte) (int, error)
	// ReadMemoryV reads many ranges in one go. Each range's N says how far it
	// came; the error is about the whole attempt (ESRCH), not about one range.
	ReadMemoryV(ranges []Range) error

	// Siginfo is the siginfo of the current Signal event; SetSiginfo changes
	// what will be delivered. EINVAL at other stops.
	Siginfo(*Siginfo) error
	SetSiginfo(*Siginfo) error
	// SignalMask is the set of blocked signals, bit n-1 for signal n.
	SignalMask() (uint64, error)
	SetSignalMask(uint64) error
	// Disposition is what the process does about a signal by itself.
	Disposition(signal int) (Disposition, error)
	// Inject makes the thread report a Signal with exactly this siginfo after
	// it is resumed, even if it blocks the signal. Several are reported one
	// after the other, in order. Other signals may come first.
	Inject(*Siginfo) error

	// SetSyscall replaces number and arguments at a SyscallEntry.
	SetSyscall(nr uint64, args [6]uint64) error
	// SkipSyscall makes the call of this SyscallEntry not happen. Its
	// SyscallExit is reported with the result, which is -errno for a failure.
	SkipSyscall(result int64) error
	// SetResult replaces the result at a SyscallExit (or, for a call that was
	// skipped, at its entry).
	SetResult(result int64) error
}

// Sharer is a Task that knows what memory other processes have, too.
type Sharer interface {
	// Shared reports whether what is written at addr would change a file, or
	// the memory of another process. On the loop.
	Shared(addr uint64) bool
}

// Range is a piece of memory to be read.
type Range struct {
	Addr uint64
	Data []byte
	// N is the number of bytes that were read.
	N int
}

// Mode says how a thread goes on.
type Mode uint8

// The modes.
const (
	// Run: until something happens that the interest or the kernel reports.
	Run Mode = iota
	// Step: for one instruction.
	Step
	// BlockStep: to the next taken branch. A machine without it gives Step.
	BlockStep
	// Listen: stay in the group-stop, but report Continue.
	Listen
)

var modeNames = [...]string{"run", "step", "block-step", "listen"}

// String returns the name of the mode.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown-mode"
}

// Interest is the set of optional events that a thread should report. Signals,
// group-stops, exec and the end are reported in any case.
type Interest uint16

// The optional events.
const (
	// WantSyscalls: SyscallEntry and SyscallExit of every call.
	WantSyscalls Interest = 1 << iota
	// WantFiltered: SyscallEntry and SyscallExit of those calls only that the
	// filter which the thread was launched with picks (seccomp RET_TRACE).
	// WantSyscalls overrides it.
	WantFiltered
	// WantClones: Clone of fork, vfork and clone. Without it children are
	// born untraced.
	WantClones
	// WantVforkDone: VforkDone.
	WantVforkDone
	// WantVerdicts: Verdict of the filters that the program has installed. A
	// call that is not reported for want of this fails with ENOSYS, as
	// without a tracer (seccomp(2)).
	WantVerdicts
	// WithoutFilters: seccomp filters are suspended (PTRACE_O_SUSPEND_SECCOMP
	// in ptrace(2)), which takes CAP_SYS_ADMIN.
	WithoutFilters
	// WantExit: Exit.
	WantExit
	// WantSent: Sent.
	WantSent
)

// Disposition is what a process does about a signal when nobody interferes.
type Disposition uint8

// The dispositions. Default means by what signal(7) says of the number.
const (
	DispositionDefault Disposition = iota
	DispositionIgnore
	DispositionHandler
)
