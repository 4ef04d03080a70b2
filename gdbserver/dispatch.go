package gdbserver

import (
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// handler serves a packet. It appends the reply.
type handler func(s *session, dst, packet []byte) ([]byte, error)

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
		name, _ := rsp.Split(packet)
		if h := named[string(name)]; h != nil && !s.server.options.Disabled[strings.TrimSuffix(string(name), "?")] {
			return h(s, dst, packet)
		}
		return nil, errUnsupported
	}
	if h := letters[packet[0]]; h != nil {
		return h(s, dst, packet)
	}
	return nil, errUnsupported
}

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
		"vCont":    (*session).resume,
		"vCont?":   func(_ *session, dst, _ []byte) ([]byte, error) { return rsp.AppendActions(dst, "cCtsSr"), nil },
		"vStopped": bare((*session).vStopped), "vCtrlC": bare((*session).ctrlC),
		"vAttach": (*session).vAttach, "vRun": (*session).vRun, "vKill": (*session).vKill,
		"vFile": (*session).file, "vMustReplyEmpty": nil,
	}
	for _, table := range []map[string]handler{queryPackets(), settingPackets(), lldbPackets()} {
		for name, h := range table {
			named[name] = h
		}
	}
}

// bare is for packets without arguments.
func bare(h func(*session, []byte) ([]byte, error)) handler {
	return func(s *session, dst, _ []byte) ([]byte, error) { return h(s, dst) }
}

// observable reports whether a packet changes nothing.
func observable(packet []byte) bool {
	name, args := rsp.Split(packet)
	switch packet[0] {
	case 'm', 'x', 'g', 'p', 'H', 'T', '?', '!', 'D', 'k':
		return true
	case 'q', 'j':
		x, err := rsp.ParseTransfer(packet)
		return string(name) != "qRcmd" && (err != nil || !x.Write)
	}
	switch string(name) {
	case "QStartNoAckMode", "QThreadSuffixSupported", "QListThreadsInStopReply", "QPassSignals", "QProgramSignals",
		"vMustReplyEmpty", "vCont?":
		return true
	case "QNonStop", "QThreadEvents", "QCatchSyscalls": // what is off may be turned off
		return string(args) == "0"
	case "vFile":
		return readsFile(packet)
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
	x, err := rsp.ParseSelect(packet)
	if err != nil {
		return nil, err
	}
	switch x.Name {
	case "Hc", "Hs":
		s.cont = x.Thread
		if x.Thread.TID > 0 && s.find(x.Thread) == nil {
			return nil, failed
		}
		return ok(dst)
	case "Hg":
		t := s.find(x.Thread)
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
	x, err := rsp.ParseSelect(packet)
	if err != nil {
		return nil, err
	}
	if s.find(x.Thread) == nil {
		return nil, failed
	}
	return ok(dst)
}
