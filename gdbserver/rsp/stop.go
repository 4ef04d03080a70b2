package rsp

import "bytes"

// Reason is what a stop reply says happened.
type Reason uint8

// The reasons.
const (
	// Signalled: a signal, or no reason at all (Signal 0).
	Signalled Reason = iota
	// SoftwareBreak and HardwareBreak: a breakpoint.
	SoftwareBreak
	HardwareBreak
	// Watch, ReadWatch, AccessWatch: a watchpoint on Addr.
	Watch
	ReadWatch
	AccessWatch
	// SyscallEntry and SyscallReturn of call Number.
	SyscallEntry
	SyscallReturn
	// Fork and Vfork: a child was made, Child.
	Fork
	Vfork
	// VforkDone: the child has let go of the memory.
	VforkDone
	// Exec of the program Path.
	Exec
	// Created: the thread is new.
	Created
	// Exited: the process, with Code. Killed: by Signal.
	Exited
	Killed
	// ThreadExited: this thread, with Code.
	ThreadExited
	// NoResumed: no thread is left that the client waits for.
	NoResumed
)

// names are the words of the reasons that are told by one.
var names = map[Reason]string{
	SoftwareBreak: "swbreak", HardwareBreak: "hwbreak", Watch: "watch", ReadWatch: "rwatch",
	AccessWatch: "awatch", SyscallEntry: "syscall_entry", SyscallReturn: "syscall_return",
	Fork: "fork", Vfork: "vfork", VforkDone: "vforkdone", Exec: "exec", Created: "create",
}

// Stop is a stop reply.
type Stop struct {
	Reason Reason
	// Signal is in gdb's numbers. The events that are no signal have SIGTRAP.
	Signal int
	// Thread is not told if it is zero.
	Thread Thread
	// Core is the processor that the thread ran on last; below 0: not told.
	Core   int
	Addr   uint64
	Number uint64
	Child  Thread
	Path   string
	Code   int
	// Registers are values by their number, in the order of the target
	// description, to save the client asking.
	Registers []RegisterValue
	// Extra is what another dialect has more.
	Extra Pairs
}

// RegisterValue is one register of a stop reply.
type RegisterValue struct {
	Number int
	Value  []byte
}

// AppendTo appends the reply. multi is with the ids of processes.
func (s *Stop) AppendTo(dst []byte, multi bool) []byte {
	switch s.Reason {
	case Exited, Killed:
		return s.appendEnd(dst, multi)
	case ThreadExited:
		dst = append(AppendNumber(append(dst, 'w'), uint64(uint32(s.Code))), ';')
		return s.Thread.AppendTo(dst, multi)
	case NoResumed:
		return append(dst, 'N')
	}
	dst = AppendHex(append(dst, 'T'), []byte{byte(s.Signal)})
	if name := names[s.Reason]; name != "" {
		dst = append(append(dst, name...), ':')
		switch s.Reason {
		case Watch, ReadWatch, AccessWatch:
			dst = AppendNumber(dst, s.Addr)
		case SyscallEntry, SyscallReturn:
			dst = AppendNumber(dst, s.Number)
		case Fork, Vfork:
			dst = s.Child.AppendTo(dst, multi)
		case Exec:
			dst = AppendHex(dst, []byte(s.Path))
		}
		dst = append(dst, ';')
	}
	for _, r := range s.Registers {
		dst = append(AppendHex(dst, []byte{byte(r.Number)}), ':')
		dst = append(AppendHex(dst, r.Value), ';')
	}
	if s.Thread != (Thread{}) {
		dst = append(s.Thread.AppendTo(append(dst, "thread:"...), multi), ';')
	}
	if s.Core >= 0 {
		dst = append(AppendNumber(append(dst, "core:"...), uint64(s.Core)), ';')
	}
	return s.Extra.AppendTo(dst)
}

func (s *Stop) appendEnd(dst []byte, multi bool) []byte {
	letter, value := byte('W'), byte(s.Code)
	if s.Reason == Killed {
		letter, value = 'X', byte(s.Signal)
	}
	dst = AppendHex(append(dst, letter), []byte{value}) // lldb wants both digits
	if !multi {
		return dst
	}
	dst = append(dst, ";process:"...)
	return AppendNumber(dst, uint64(s.Thread.PID))
}

// notificationName is what the notification of a stop begins with.
const notificationName = "Stop"

// AppendStopName appends what the notification of a stop has in front of the stop.
func AppendStopName(dst []byte) []byte { return append(append(dst, notificationName...), ':') }

// AppendShort appends the older form of the reply, which tells the signal only.
func (s *Stop) AppendShort(dst []byte) []byte {
	return AppendHex(append(dst, 'S'), []byte{byte(s.Signal)})
}

// ParseNotification parses the content of a notification. There are none but of stops.
func ParseNotification(content []byte) (s Stop, err error) {
	text, ok := argument(content, notificationName, ':')
	if !ok {
		return s, malformed
	}
	return ParseStop(text)
}

// ParseStop parses a stop reply, as a client does. What it does not know becomes
// Extra.
func ParseStop(reply []byte) (s Stop, err error) {
	s.Core = -1
	if len(reply) == 0 {
		return s, malformed
	}
	body := reply[1:]
	switch reply[0] {
	case 'N':
		s.Reason = NoResumed
		return s, nil
	case 'W', 'X':
		return parseEnd(reply[0], body)
	case 'w':
		s.Reason = ThreadExited
		code, rest, ok := number(body)
		if !ok || len(rest) == 0 || rest[0] != ';' {
			return s, malformed
		}
		s.Code = int(int32(code))
		if s.Thread, rest, ok = ParseThread(rest[1:]); !ok || len(rest) != 0 {
			return s, malformed
		}
		return s, nil
	case 'S', 'T':
	default:
		return s, malformed
	}
	if len(body) < 2 {
		return s, malformed
	}
	sig, ok := Hex(nil, body[:2])
	if !ok {
		return s, malformed
	}
	s.Signal = int(sig[0])
	for pair := range bytes.SplitSeq(body[2:], []byte(";")) {
		if key, value, found := bytes.Cut(pair, []byte(":")); found && !s.pair(string(key), value) {
			return s, malformed
		}
	}
	return s, nil
}

func parseEnd(letter byte, body []byte) (s Stop, err error) {
	s.Core = -1
	value, rest, ok := number(body)
	if !ok {
		return s, malformed
	}
	if letter == 'W' {
		s.Reason, s.Code = Exited, int(byte(value))
	} else {
		s.Reason, s.Signal = Killed, int(byte(value))
	}
	if pid, found := bytes.CutPrefix(rest, []byte(";process:")); found {
		v, ok := Number(pid)
		if !ok || v > 1<<31-1 {
			return s, malformed
		}
		s.Thread.PID = int(v)
	}
	return s, nil
}

// pair takes one "key:value".
func (s *Stop) pair(key string, value []byte) (ok bool) {
	for reason, name := range names {
		if name == key {
			s.Reason, s.Addr, s.Number, s.Child, s.Path = reason, 0, 0, Thread{}, ""
			return s.detail(value)
		}
	}
	switch key {
	case "thread":
		s.Thread, _, ok = ParseThread(value)
		return ok
	case "core":
		v, ok := Number(value)
		s.Core = int(v & 0xffff)
		return ok
	}
	n, isNumber := Number([]byte(key))
	if !isNumber || n > 255 {
		s.Extra = append(s.Extra, Pair{key, string(value)})
		return true
	}
	content, ok := Hex(nil, value)
	s.Registers = append(s.Registers, RegisterValue{int(n), content})
	return ok
}

// detail takes what a reason carries.
func (s *Stop) detail(value []byte) (ok bool) {
	switch s.Reason {
	case Watch, ReadWatch, AccessWatch:
		s.Addr, ok = Number(value)
	case SyscallEntry, SyscallReturn:
		s.Number, ok = Number(value)
	case Fork, Vfork:
		s.Child, _, ok = ParseThread(value)
	case Exec:
		var path []byte
		path, ok = Hex(nil, value)
		s.Path = string(path)
	default:
		ok = true
	}
	return ok
}
