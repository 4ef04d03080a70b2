package gdbserver

import (
	"os"
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
}

func (c *settings) init(o *Options) {
	c.shell, c.randomize = !o.NoShell, o.KeepRandomization
	c.environment = os.Environ()
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
		"QNonStop":               (*session).setNonStop,
		"QPassSignals":           (*session).setPassSignals,
		"QProgramSignals":        (*session).setProgramSignals,
		"QCatchSyscalls":         (*session).setCatchSyscalls,
		"QThreadEvents":          flag("thread-events mode", func(s *session, on bool) { s.threadEvents, s.exits = on, nil }),
		"QStartupWithShell":      flag("startup-with-shell", func(s *session, on bool) { s.settings.shell = on }),
		"QDisableRandomization":  flag("randomization mode", func(s *session, on bool) { s.settings.randomize = !on }),
		"QEnvironmentHexEncoded": (*session).setEnvironment,
		"QEnvironmentUnset":      (*session).unsetEnvironment,
		"QEnvironmentReset": func(s *session, dst, _ []byte) ([]byte, error) {
			s.settings.environment = os.Environ()
			return ok(dst)
		},
		"QEnvironment": func(s *session, dst, args []byte) ([]byte, error) {
			return s.putEnvironment(dst, string(args))
		},
		"QSetWorkingDir": func(s *session, dst, args []byte) ([]byte, error) {
			dir, valid := rsp.Hex(nil, args)
			if !valid {
				return nil, failed
			}
			s.settings.directory = string(dir)
			return ok(dst)
		},
	}
}

// flag is a packet whose argument is 0 or 1.
func flag(what string, set func(s *session, on bool)) handler {
	return func(s *session, dst, args []byte) ([]byte, error) {
		if len(args) != 1 || args[0] != '0' && args[0] != '1' {
			return nil, refusal("Unknown %s requested: %s", what, strings.ToValidUTF8(string(args), "?"))
		}
		set(s, args[0] == '1')
		return ok(dst)
	}
}

// setNonStop changes between the modes. When it goes to all-stop everything
// stops.
func (s *session) setNonStop(dst, args []byte) ([]byte, error) {
	if len(args) != 1 || args[0] != '0' && args[0] != '1' {
		return nil, refusal("Unknown non-stop mode requested: %s", strings.ToValidUTF8(string(args), "?"))
	}
	s.nonStop = args[0] == '1'
	s.queue.list, s.exits = nil, nil
	if !s.nonStop {
		s.halt()
		return ok(dst)
	}
	for _, p := range s.order {
		if p.exit != nil {
			p.tellEnd()
		}
	}
	return ok(dst)
}

func (s *session) setPassSignals(dst, args []byte) (_ []byte, err error) {
	if s.settings.pass, err = rsp.ParseSignals(args); err != nil {
		return nil, err
	}
	return ok(dst)
}

func (s *session) setProgramSignals(dst, args []byte) (_ []byte, err error) {
	if s.settings.program, err = rsp.ParseSignals(args); err != nil {
		return nil, err
	}
	s.settings.programListed = true
	return ok(dst)
}

func (s *session) setEnvironment(dst, args []byte) ([]byte, error) {
	text, valid := rsp.Hex(nil, args)
	if !valid {
		return nil, failed
	}
	return s.putEnvironment(dst, string(text))
}

func (s *session) putEnvironment(dst []byte, pair string) ([]byte, error) {
	name, _, found := strings.Cut(pair, "=")
	if !found || name == "" || strings.ContainsRune(pair, 0) {
		return nil, refusal("Unknown environment variable to set: %s", strings.ToValidUTF8(pair, "?"))
	}
	s.dropEnvironment(name)
	s.settings.environment = append(s.settings.environment, pair)
	return ok(dst)
}

func (s *session) unsetEnvironment(dst, args []byte) ([]byte, error) {
	name, valid := rsp.Hex(nil, args)
	if !valid {
		return nil, failed
	}
	s.dropEnvironment(string(name))
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

func (s *session) setCatchSyscalls(dst, args []byte) ([]byte, error) {
	list, err := rsp.ParseCatchSyscalls(args)
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
