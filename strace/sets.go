package strace

import (
	"strconv"
	"strings"

	"github.com/utrace/utrace/strace/decode"
)

// StatusSet is a set of ways in which a call can end.
type StatusSet uint

// The ways in which a call ends.
const (
	Successful  StatusSet = 1 << iota // returned without an error
	Failed                            // returned an error
	Unfinished                        // did not return: the thread died or called exit
	Unavailable                       // returned, but the result could not be read
	Detached                          // the tracer let go of the thread before

	AllStatuses = Successful | Failed | Unfinished | Unavailable | Detached
)

var statusWords = []word[StatusSet]{
	{"successful", Successful}, {"failed", Failed}, {"unfinished", Unfinished},
	{"unavailable", Unavailable}, {"detached", Detached},
}

// QuietSet is a set of messages that are not printed.
type QuietSet uint

// The messages.
const (
	QuietAttach         QuietSet = 1 << iota // Process N attached, detached
	QuietExit                                // +++ exited with N +++
	QuietPathResolution                      // how an argument of -P was resolved
	QuietPersonality                         // [ Process PID=N runs in 32 bit mode. ]
	QuietThreadExecve                        // +++ superseded by execve in pid N +++

	// AllQuiet leaves all of them out.
	AllQuiet = QuietAttach | QuietExit | QuietPathResolution | QuietPersonality | QuietThreadExecve
)

var quietWords = []word[QuietSet]{
	{"attach", QuietAttach}, {"attaches", QuietAttach}, {"exit", QuietExit}, {"exits", QuietExit},
	{"path-resolution", QuietPathResolution}, {"path-resolve", QuietPathResolution},
	{"personality", QuietPersonality}, {"thread-execve", QuietThreadExecve}, {"superseded", QuietThreadExecve},
}

// FDDetail is a set of facts that are printed with a file descriptor.
type FDDetail uint

// The facts.
const (
	FDPath   FDDetail = 1 << iota // the file's name
	FDSocket                      // protocol and addresses of a socket
	FDDev                         // the numbers of a device
	FDPid                         // the process of a pidfd

	allFDDetails = FDPath | FDSocket | FDDev | FDPid
)

var fdWords = []word[FDDetail]{{"path", FDPath}, {"socket", FDSocket}, {"dev", FDDev}, {"pidfd", FDPid}}

// PIDDetail is a set of facts that are printed with the id of a process.
type PIDDetail uint

// The facts.
const (
	PIDComm      PIDDetail = 1 << iota // what the process calls itself
	PIDNamespace                       // its id in the tracer's PID namespace, where it is another
)

var pidWords = []word[PIDDetail]{{"comm", PIDComm}, {"pidns", PIDNamespace}}

// SignalSet is a set of signals: bit n-1 is signal n.
type SignalSet uint64

// AllSignals contains every signal.
const AllSignals = ^SignalSet(0)

// Contains reports whether the set has signal number sig.
func (s SignalSet) Contains(sig int) bool {
	return sig >= 1 && sig <= 64 && s&(1<<(sig-1)) != 0
}

// ParseSignalSet parses the value of -e signal=: names in any case with or
// without SIG, and numbers.
func ParseSignalSet(value string) (SignalSet, error) {
	list := strings.TrimLeft(value, "!")
	negate := (len(value)-len(list))%2 == 1
	var s SignalSet
	switch list {
	case "all":
		s = AllSignals
	case "none":
	default:
		for _, item := range elements(list, value) {
			sig, ok := decode.SignalNumber(item)
			if !ok {
				return 0, plainError("invalid signal '%s'", item)
			}
			if sig >= 1 && sig <= 64 {
				s |= 1 << (sig - 1)
			}
		}
	}
	if negate {
		s = ^s
	}
	return s, nil
}

// FDSet is a set of file descriptors. The zero FDSet is empty.
type FDSet struct {
	fds    map[int32]bool
	negate bool
}

// Contains reports whether the set has fd.
func (s *FDSet) Contains(fd int32) bool { return s.fds[fd] != s.negate }

// Empty reports whether no descriptor at all is in the set.
func (s *FDSet) Empty() bool { return len(s.fds) == 0 && !s.negate }

// ParseFDSet parses the value of -e read= and -e write=.
func ParseFDSet(value string) (FDSet, error) {
	list := strings.TrimLeft(value, "!")
	s := FDSet{negate: (len(value)-len(list))%2 == 1}
	switch list {
	case "all":
		s.negate = !s.negate
	case "none":
	default:
		s.fds = make(map[int32]bool)
		for _, item := range elements(list, value) {
			fd, err := strconv.ParseUint(item, 10, 31)
			if err != nil {
				return FDSet{}, plainError("invalid descriptor '%s'", item)
			}
			s.fds[int32(fd)] = true
		}
	}
	return s, nil
}
