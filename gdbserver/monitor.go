package gdbserver

import (
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
)

const monitorHelp = `The following monitor commands are supported:
  set debug <0|1>
    The same as remote-debug
  set debug-format <all|none>
    With a time before each message, or without
  set remote-debug <0|1>
    Enable remote protocol debugging messages
  clients
    Who else is connected, and what they debug
  exit
    Quit GDBserver
`

// monitor is qRcmd: what gdb's user types behind "monitor".
func (s *session) monitor(dst, packet []byte) ([]byte, error) {
	line, err := rsp.ParseCommand(packet)
	if err != nil {
		return nil, err
	}
	say := func(text string) ([]byte, error) {
		s.reply(rsp.Output(text).AppendTo(nil))
		return ok(dst)
	}
	switch command := strings.TrimSpace(string(line)); command {
	case "help":
		return say(monitorHelp)
	case "set remote-debug 1":
		s.debug = true
		return say("Protocol debug output enabled.\n")
	case "set remote-debug 0":
		s.debug = false
		return say("Protocol debug output disabled.\n")
	case "set debug 1":
		s.debug = true
		return say("Debug output enabled.\n")
	case "set debug 0":
		s.debug = false
		return say("Debug output disabled.\n")
	case "set debug-format all", "set debug-format timestamp":
		s.timed = true
		return say("All extra debug format options enabled.\n")
	case "set debug-format none":
		s.timed = false
		return say("All extra debug format options disabled.\n")
	case "clients":
		return say(s.server.describeClients(s))
	case "exit":
		s.server.told = true
		s.server.finish()
		return ok(dst)
	default:
		if _, err := say("Unknown monitor command.\n\n" + monitorHelp); err != nil {
			return nil, err
		}
		return nil, failed
	}
}
