package rsp

import "bytes"

// Action is what one part of a vCont packet asks for.
type Action struct {
	// Kind is 'c' to continue, 's' to step, 'r' to step while the program
	// counter is in a range, 't' to stop.
	Kind byte
	// Signal, in gdb's numbers, is delivered then; 0: none.
	Signal int
	// Start and End are the range of 'r'.
	Start, End uint64
	// Threads are whom it is for.
	Threads Thread
}

// ParseResume parses vCont, and the older c, C, s and S. threads are whom the
// older ones are for.
func ParseResume(packet []byte, threads Thread) ([]Action, error) {
	if len(packet) == 0 {
		return nil, malformed
	}
	if packet[0] != 'v' {
		a, rest, ok := action(packet)
		// An address to continue at is not supported by gdbserver either.
		if !ok || len(rest) != 0 || a.Kind == 'r' || a.Kind == 't' {
			return nil, malformed
		}
		a.Threads = threads
		return []Action{a}, nil
	}
	const prefix = "vCont"
	if len(packet) < len(prefix) || string(packet[:len(prefix)]) != prefix {
		return nil, malformed
	}
	var list []Action
	for rest := packet[len(prefix):]; len(rest) != 0; {
		if rest[0] != ';' {
			return nil, malformed
		}
		a, more, ok := action(rest[1:])
		if !ok {
			return nil, malformed
		}
		a.Threads = Thread{All, All}
		if len(more) != 0 && more[0] == ':' {
			if a.Threads, more, ok = ParseThread(more[1:]); !ok {
				return nil, malformed
			}
		}
		list, rest = append(list, a), more
	}
	if len(list) == 0 {
		return nil, malformed
	}
	return list, nil
}

// action takes one action off the front.
func action(text []byte) (a Action, rest []byte, ok bool) {
	if len(text) == 0 {
		return a, nil, false
	}
	a.Kind, rest = text[0], text[1:]
	switch a.Kind {
	case 'c', 's', 't':
		return a, rest, true
	case 'C', 'S':
		a.Kind += 'c' - 'C'
		sig, rest, ok := number(rest)
		a.Signal = int(sig & 0xff)
		return a, rest, ok && sig <= 0xff
	case 'r':
		v, rest, ok := numbers(rest, ",")
		if !ok {
			return a, nil, false
		}
		a.Start, a.End = v[0], v[1]
		return a, rest, true
	}
	return a, nil, false
}

// AppendActions appends the reply to "vCont?": the letters of the actions that the
// server knows.
func AppendActions(dst []byte, letters string) []byte {
	dst = append(dst, "vCont"...)
	for _, letter := range []byte(letters) {
		dst = append(dst, ';', letter)
	}
	return dst
}

// ParseActions parses the reply to "vCont?".
func ParseActions(reply []byte) (letters string, err error) {
	text, ok := bytes.CutPrefix(reply, []byte("vCont"))
	if !ok || len(text)%2 != 0 {
		return "", malformed
	}
	for ; len(text) != 0; text = text[2:] {
		if text[0] != ';' {
			return "", malformed
		}
		letters += string(text[1:2])
	}
	return letters, nil
}

// AppendResume appends a vCont packet.
func AppendResume(dst []byte, actions []Action, multi bool) []byte {
	dst = append(dst, "vCont"...)
	for _, a := range actions {
		dst = append(dst, ';')
		switch {
		case a.Kind == 'r':
			dst = AppendNumber(append(AppendNumber(append(dst, 'r'), a.Start), ','), a.End)
		case a.Signal != 0 && (a.Kind == 'c' || a.Kind == 's'):
			dst = AppendHex(append(dst, a.Kind-'c'+'C'), []byte{byte(a.Signal)})
		default:
			dst = append(dst, a.Kind)
		}
		if a.Threads != (Thread{All, All}) {
			dst = a.Threads.AppendTo(append(dst, ':'), multi)
		}
	}
	return dst
}
