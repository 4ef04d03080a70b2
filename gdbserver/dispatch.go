package gdbserver

import (
	"bytes"
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// handler serves a packet, or what stands behind its name. It appends the reply.
type handler func(s *session, dst, args []byte) ([]byte, error)

// ok appends the reply of success.
func ok(dst []byte) ([]byte, error) { return append(dst, "OK"...), nil }

// dispatch finds the handler of a packet by its first letter, or by its name.
func (s *session) dispatch(dst, packet []byte) ([]byte, error) {
	if len(packet) == 0 {
		return nil, errUnsupported
	}
	if s.observer && !observable(packet) {
		return nil, refusal("this connection may only look: see --observe")
	}
	switch packet[0] {
	case 'q', 'Q', 'v', 'j', '_':
		name, args := split(packet)
		if h := named[string(name)]; h != nil && !s.server.options.Disabled[strings.TrimSuffix(string(name), "?")] {
			return h(s, dst, args)
		}
		return nil, errUnsupported
	}
	if h := letters[packet[0]]; h != nil {
		return h(s, dst, packet)
	}
	return nil, errUnsupported
}

// split takes the name off a packet: up to the first of ":;,?".
func split(packet []byte) (name, args []byte) {
	if i := bytes.IndexAny(packet, ":;,?"); i > 0 {
		if packet[i] == '?' { // vCont?
			return packet[:i+1], packet[i+1:]
		}
		return packet[:i], packet[i+1:]
	}
	// qThreadStopInfo and others have their argument right behind the name.
	for _, prefix := range glued {
		if args, found := bytes.CutPrefix(packet, []byte(prefix)); found {
			return packet[:len(prefix)], args
		}
	}
	return packet, nil
}

var glued = []string{"qThreadStopInfo", "qRegisterInfo"}

// letters are the packets that have one.
var letters map[byte]handler

// named are those that have a name.
var named map[string]handler

// The tables are filled by init, since handlers look packets up in them.
func init() {
	letters = map[byte]handler{
		'!': (*session).extend, '?': bare((*session).status), 'H': (*session).selectThread, 'T': (*session).alive,
		'g': (*session).readRegisters, 'G': (*session).writeRegisters,
		'p': (*session).readRegister, 'P': (*session).writeRegister,
		'm': (*session).memory, 'M': (*session).memory, 'X': (*session).memory, 'x': (*session).memory,
		'c': (*session).resume, 'C': (*session).resume, 's': (*session).resume, 'S': (*session).resume,
		'Z': (*session).point, 'z': (*session).point,
		'D': (*session).detach, 'k': (*session).killAll, 'R': (*session).restart,
	}
	named = map[string]handler{
		"vCont":    whole("vCont;", (*session).resume),
		"vCont?":   func(_ *session, dst, _ []byte) ([]byte, error) { return append(dst, "vCont;c;C;t;s;S;r"...), nil },
		"vStopped": bare((*session).vStopped), "vCtrlC": bare((*session).ctrlC),
		"vAttach": (*session).vAttach, "vRun": whole("vRun;", (*session).vRun), "vKill": (*session).vKill,
		"vFile": whole("vFile:", (*session).file), "vMustReplyEmpty": nil,
	}
	for _, table := range []map[string]handler{queryPackets(), settingPackets(), lldbPackets()} {
		for name, h := range table {
			named[name] = h
		}
	}
}

// whole is for handlers that want the packet with its name, as it is parsed.
func whole(name string, h handler) handler {
	return func(s *session, dst, args []byte) ([]byte, error) { return h(s, dst, append([]byte(name), args...)) }
}

// bare is for packets without arguments.
func bare(h func(*session, []byte) ([]byte, error)) handler {
	return func(s *session, dst, _ []byte) ([]byte, error) { return h(s, dst) }
}

// observable reports whether a packet changes nothing.
func observable(packet []byte) bool {
	switch packet[0] {
	case 'm', 'x', 'g', 'p', 'H', 'T', '?', '!', 'D', 'k':
		return true
	case 'q', 'j':
		return !bytes.HasPrefix(packet, []byte("qXfer:siginfo:write")) && !bytes.HasPrefix(packet, []byte("qRcmd"))
	case 'Q': // what is off may be turned off
		name, args := split(packet)
		switch string(name) {
		case "QStartNoAckMode", "QThreadSuffixSupported", "QListThreadsInStopReply", "QPassSignals", "QProgramSignals":
			return true
		case "QNonStop", "QThreadEvents", "QCatchSyscalls":
			return string(args) == "0"
		}
	case 'v':
		return bytes.HasPrefix(packet, []byte("vMustReplyEmpty")) || bytes.HasPrefix(packet, []byte("vCont?")) ||
			bytes.HasPrefix(packet, []byte("vFile:")) && readsFile(packet)
	}
	return false
}

// readsFile reports whether a vFile packet only reads.
func readsFile(packet []byte) bool {
	f, err := rsp.ParseFile(packet)
	switch {
	case err != nil:
		return true // and is refused
	case f.Op == "open":
		return f.Flags == 0
	}
	return f.Op != "pwrite" && f.Op != "unlink"
}

// extend is '!': the client may start programs.
func (s *session) extend(dst, _ []byte) ([]byte, error) {
	s.extended = true
	if !s.observer {
		s.server.extended = true
	}
	return ok(dst)
}

// ctrlC is vCtrlC, the ^C of non-stop mode.
func (s *session) ctrlC(dst []byte) ([]byte, error) {
	s.interrupt()
	return ok(dst)
}

// selectThread is H: which thread the next packets are about.
func (s *session) selectThread(dst, packet []byte) ([]byte, error) {
	if len(packet) < 3 {
		return nil, failed
	}
	name, rest, valid := rsp.ParseThread(packet[2:])
	if !valid || len(rest) != 0 {
		return nil, failed
	}
	switch packet[1] {
	case 'c', 's':
		s.cont = name
		if name.TID > 0 && s.find(name) == nil {
			return nil, failed
		}
		return ok(dst)
	case 'g':
		t := s.find(name)
		if t == nil {
			return nil, failed
		}
		s.general = t
		return ok(dst)
	}
	return nil, errUnsupported
}

// find finds the thread that a name means. Where it leaves a choice, the one that
// is selected already is meant if it fits.
func (s *session) find(name rsp.Thread) *thread {
	if s.observer {
		return s.observed(name)
	}
	if s.general != nil && s.general.isMeant(name) {
		return s.general
	}
	for _, t := range s.threads() {
		if t.isMeant(name) {
			return t
		}
	}
	return nil
}

// selected is the thread that packets are about.
func (s *session) selected() (*thread, error) {
	if s.general == nil {
		if s.observer {
			s.general = s.observed(rsp.Thread{})
		} else {
			s.general = s.any()
		}
	}
	if s.general == nil {
		return nil, failed
	}
	return s.general, nil
}

// alive is T: does the thread exist?
func (s *session) alive(dst, packet []byte) ([]byte, error) {
	name, rest, valid := rsp.ParseThread(packet[1:])
	if !valid || len(rest) != 0 || s.find(name) == nil {
		return nil, failed
	}
	return ok(dst)
}
