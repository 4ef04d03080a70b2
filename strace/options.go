package strace

import (
	"time"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/strace/inject"
	"github.com/utrace/utrace/syscalls"
)

// Options is what a command line of strace asks for. [ParseOptions] makes it;
// the zero value traces nothing.
type Options struct {
	// Command is the program to run with its arguments, empty with -p alone.
	Command []string
	// PIDs are the processes to attach to (-p), in the given order.
	PIDs []int
	// Env changes the command's environment (-E): "NAME=VALUE" sets, "NAME"
	// removes. User runs the command as that user (-u).
	Env  []string
	User string

	// Follow traces the children too (-f), and all threads of PIDs.
	Follow bool
	// DetachOnExec lets go of a process that calls execve (-b execve).
	DetachOnExec bool
	// KillOnExit kills the tracees when the tracer dies.
	KillOnExit bool
	// Daemon is where the tracer runs (-D).
	Daemon Daemon
	// Seccomp stops the command only for the calls in Trace.
	Seccomp bool
	// Mode chooses how threads are watched (--mode).
	Mode Mode
	// Interruptible is when signals may end the tracer (-I): 1 at any time,
	// 2 not while a call is printed, 3 never, 4 never and no SIGTSTP either.
	Interruptible int

	// Trace is the set of calls to show (-e trace=).
	Trace *syscalls.Set
	// Full is the set of calls whose structures are printed in full, which
	// is what -v asks for and -e abbrev= negates; Opaque those whose structures are
	// not printed at all (-e verbose=); Raw those whose arguments are
	// printed as numbers (-e raw=).
	Full, Opaque, Raw *syscalls.Set
	// VCPUExits adds to KVM_RUN why the virtual processor has stopped (-e kvm=vcpu).
	VCPUExits bool
	// Signals are shown (-e signal=).
	Signals SignalSet
	// Status is the set of outcomes to show (-e status=, -z, -Z).
	Status StatusSet
	// Paths limits the trace to calls that touch one of these files (-P).
	Paths []string

	// Faults changes what calls do (-e inject=, -e fault=, --fault-plan).
	Faults inject.Plan

	// Output is the file, or the command after a | or !, that receives the
	// trace (-o); "" for standard error. Append adds to it (-A), Separate
	// makes one file per thread (-ff).
	Output   string
	Append   bool
	Separate bool
	// Outputs are files in other forms.
	Outputs Outputs
	// JSON writes JSON lines instead of text.
	JSON bool

	// Quiet is the set of messages not to print (-q, -e quiet=).
	Quiet QuietSet
	// Column is where results are aligned (-a).
	Column int
	// Colour is when lines are coloured (--color).
	Colour Colour
	// StringLimit is how many bytes of a string are shown (-s).
	StringLimit int
	// Timestamp, Relative and CallTime are the times printed with a line:
	// -t, -r and -T.
	Timestamp          Timestamp
	Relative, CallTime Precision
	// InstructionPointer and CallNumber are printed before a call (-i, -n).
	InstructionPointer, CallNumber bool
	// StackTrace prints who called after every call and signal (-k).
	StackTrace bool
	// Hex and Constants tell how strings and named values look (-x, -X).
	Hex       decode.HexStyle
	Constants decode.XlatStyle
	// DecodeFDs tells what is printed with a file descriptor (-y, -yy).
	DecodeFDs FDDetail
	// DecodePIDs tells what is printed with the id of a process (-Y).
	DecodePIDs PIDDetail
	// ReadFDs and WriteFDs are the descriptors whose data is dumped.
	ReadFDs, WriteFDs FDSet

	// Summary makes the table of calls (-c, -C).
	Summary SummaryOptions

	// Help and Version ask for the text instead of a trace (-h, -V). No
	// option after them has been looked at.
	Help, Version bool
	// Debug asks for messages about the tracer itself (-d).
	Debug bool
	// Warnings are remarks on options without effect, to be printed with
	// the program's name before them.
	Warnings []string
}

// Mode is how threads are watched.
type Mode int

// The modes.
const (
	ModeAuto    Mode = iota // observe where options and kernel allow it
	ModeStop                // stop the thread at every call
	ModeObserve             // never stop it
)

// Precision is how many digits follow the seconds of a time: 0, 3, 6 or 9, or
// NoTime when the time is not printed.
type Precision int

// The precisions. The zero value prints nothing.
const (
	NoTime Precision = iota
	Seconds
	Milliseconds
	Microseconds
	Nanoseconds
)

func (p Precision) digits() int { return int(p-Seconds) * 3 }

// Timestamp is how the time of day begins a line.
type Timestamp struct {
	Precision Precision // NoTime: not at all
	Unix      bool      // seconds since the epoch, not HH:MM:SS
}

// SummaryOptions tell what the table of calls contains.
type SummaryOptions struct {
	// Enabled: there is to be a table (-c, -C); Only: and no trace (-c).
	Enabled, Only bool
	// Wall counts the time from a call's entry to its exit, not the
	// processor time spent in the kernel (-w).
	Wall bool
	// SortBy is the column that orders the rows (-S), ColumnNone to keep
	// the order of the call numbers.
	SortBy Column
	// Columns are shown in this order (-U).
	Columns []Column
	// Overhead is taken off every call's time (-O).
	Overhead time.Duration
}

// SummaryOnly reports that no lines are to be written (-c).
func (o *Options) SummaryOnly() bool { return o.Summary.Only }

// Decoding returns the options for the decoder; fds resolves descriptors and
// may be nil.
func (o *Options) Decoding(fds decode.Resolver) decode.Options {
	d := decode.Options{
		StrSize: o.StringLimit,
		Hex:     o.Hex,
		Xlat:    o.Constants,
		Full:    o.Full,
		Opaque:  o.Opaque,
		Raw:     o.Raw,
	}
	if o.StringLimit == 0 {
		d.StrSize = -1
	}
	if o.DecodeFDs != 0 {
		d.FD = fds
	}
	return d
}

// defaults are strace's.
func defaults() *Options {
	return &Options{
		Trace:       syscalls.All(),
		Signals:     AllSignals,
		Status:      AllStatuses,
		Column:      40,
		StringLimit: 32,
		Summary:     SummaryOptions{SortBy: ColumnTime, Columns: defaultColumns},
	}
}
