package gdbserver

import (
	"slices"
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// settings are what a client has set for programs that it starts, and about
// signals.
type settings struct {
	shell         bool
	randomize     bool
	environment   []string
	directory     string
	pass          rsp.SignalSet // are not reported
	program       rsp.SignalSet // are delivered when the client goes
	programListed bool
	noTLS         bool // thread-local variables are not to be found
}

func (c *settings) init(o *Options) {
	c.shell, c.randomize = !o.NoShell, o.KeepRandomization
	c.environment = o.Place.environ()
}

// passes reports whether the program gets a signal when the client leaves while
// it is about to.
func (c *settings) passes(n int) bool { return !c.programListed || c.program.Has(n) }

// settingPackets are the Q packets.
func settingPackets() map[string]handler {
	return map[string]handler{
		"QStartNoAckMode": func(s *session, dst, _ []byte) ([]byte, error) {
			s.conn.noAck = true
			return ok(dst)
		},
		"QNonStop":               flag("non-stop mode", (*session).setNonStop),
		"QPassSignals":           (*session).setSignals,
		"QProgramSignals":        (*session).setSignals,
		"QCatchSyscalls":         (*session).setCatchSyscalls,
		"QThreadEvents":          flag("thread-events mode", func(s *session, on bool) { s.threadEvents, s.exits = on, nil }),
		"QStartupWithShell":      flag("startup-with-shell", func(s *session, on bool) { s.settings.shell = on }),
		"QDisableRandomization":  flag("randomization mode", func(s *session, on bool) { s.settings.randomize = !on }),
		"QEnvironmentHexEncoded": (*session).setEnvironment,
		"QEnvironmentUnset":      (*session).setEnvironment,
		"QEnvironmentReset":      (*session).setEnvironment,
		"QEnvironment":           (*session).setEnvironment,
		"QSetWorkingDir":         (*session).setEnvironment,
	}
}

// flag is a packet whose argument is 0 or 1.
func flag(what string, set func(s *session, on bool)) handler {
	return func(s *session, dst, packet []byte) ([]byte, error) {
		f, err := rsp.ParseFlag(packet)
		if err != nil {
			_, asked := rsp.Split(packet)
			return nil, refusal("Unknown %s requested: %s", what, strings.ToValidUTF8(string(asked), "?"))
		}
		set(s, f.On)
		return ok(dst)
	}
}

// setNonStop changes between the modes. When it goes to all-stop everything
// stops.
func (s *session) setNonStop(on bool) {
	s.nonStop = on
	s.queue.list, s.exits = nil, nil
	if !on {
		s.halt()
		return
	}
	for _, p := range s.order {
		if p.exit != nil {
			p.tellEnd()
		}
	}
}

func (s *session) setSignals(dst, packet []byte) ([]byte, error) {
	list, err := rsp.ParseSignals(packet)
	if err != nil {
		return nil, err
	}
	if list.Program {
		s.settings.program, s.settings.programListed = list.Set, true
	} else {
		s.settings.pass = list.Set
	}
	return ok(dst)
}

func (s *session) setEnvironment(dst, packet []byte) ([]byte, error) {
	e, err := rsp.ParseEnvironment(packet)
	if err != nil {
		return nil, err
	}
	switch e.Name {
	case "QEnvironmentReset":
		s.settings.environment = s.server.options.Place.environ()
	case "QEnvironmentUnset":
		s.dropEnvironment(e.Text)
	case "QSetWorkingDir":
		s.settings.directory = e.Text
	default:
		return s.putEnvironment(dst, e.Text)
	}
	return ok(dst)
}

func (s *session) putEnvironment(dst []byte, pair string) ([]byte, error) {
	name, _, found := strings.Cut(pair, "=")
	if !found || name == "" {
		return nil, refusal("Unknown environment variable to set: %s", strings.ToValidUTF8(pair, "?"))
	}
	s.dropEnvironment(name)
	s.settings.environment = append(s.settings.environment, pair)
	return ok(dst)
}

func (s *session) dropEnvironment(name string) {
	s.settings.environment = slices.DeleteFunc(slices.Clone(s.settings.environment), func(pair string) bool {
		return strings.HasPrefix(pair, name+"=")
	})
}

// catching says which system calls of a process a client wants to hear of.
type catching struct {
	all     bool
	numbers map[uint64]bool
}

func (c *catching) any() bool { return c.all || len(c.numbers) != 0 }

func (c *catching) has(nr uint64) bool { return c.all || c.numbers[nr] }

// clone is for a child process. The numbers are never changed, only replaced.
func (c *catching) clone() catching { return *c }

func (s *session) setCatchSyscalls(dst, packet []byte) ([]byte, error) {
	list, err := rsp.ParseCatchSyscalls(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	c := catching{all: list.On && len(list.Numbers) == 0}
	if len(list.Numbers) != 0 {
		c.numbers = map[uint64]bool{}
		for _, n := range list.Numbers {
			c.numbers[n] = true
		}
	}
	t.p.catch = c
	for _, t := range t.p.threads {
		_ = t.engine.SetEvents(t.mask()) // or it is dying
	}
	return ok(dst)
}
