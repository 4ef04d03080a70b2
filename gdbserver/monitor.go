package gdbserver

import (
	"context"
	"os"
	"path/filepath"
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
  set libthread-db-search-path [PATH]
    Thread-local variables are shown only if libthread_db is there
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
	command := strings.TrimSpace(string(line))
	if path, found := strings.CutPrefix(command+" ", "set libthread-db-search-path "); found {
		path = strings.TrimSpace(path)
		return nil, s.later(func(context.Context) func() ([]byte, error) { // a directory can be slow
			found := findsThreadDB(path)
			return func() ([]byte, error) {
				s.settings.noTLS = !found
				return say("libthread-db-search-path set to `" + path + "'\n")
			}
		})
	}
	switch command {
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

// findsThreadDB reports whether gdbserver would find libthread_db in a path. Here nobody
// needs it, but who sets a path without it does not want thread-local variables. No path
// is the default, and $sdir and $pdir are where the system has it.
func findsThreadDB(path string) bool {
	if path == "" {
		return true
	}
	for _, dir := range filepath.SplitList(path) {
		if dir == "$sdir" || dir == "$pdir" {
			return true
		}
		if _, err := os.Stat(filepath.Join(dir, "libthread_db.so.1")); err == nil {
			return true
		}
	}
	return false
}
