package gdbserver

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/decode"
)

// What the system says of processes.

// sendTo sends a signal to a thread, as a user would.
func sendTo(t *thread, signal int) error {
	return syscall.Tgkill(t.p.pid, t.id, syscall.Signal(signal))
}

// killed reports whether SIGKILL is on its way to a thread, as it is when another
// one ends the process.
func killed(tid int) bool {
	status, err := procfs.ReadStatus(tid)
	return err != nil || status.State == 'Z' || (status.Pending|status.SharedPending)&(1<<(syscall.SIGKILL-1)) != 0
}

// blocks reports whether a thread blocks a signal.
func blocks(tid, signal int) bool {
	status, err := procfs.ReadStatus(tid)
	return err == nil && status.Blocked&(1<<(signal-1)) != 0
}

// signalName is the name of a signal, for people.
func signalName(n int) string { return string(decode.AppendSignal(nil, n)) }

// processorOf is the processor that a thread ran on last, -1 if nobody knows: field
// 39 of stat (proc_pid_stat(5)).
func processorOf(tid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", tid, tid))
	if err != nil {
		return -1
	}
	// The name, which may contain anything, ends with the last parenthesis;
	// the third field follows.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const field = 39 - 3
	if len(fields) <= field {
		return -1
	}
	n, err := strconv.Atoi(string(fields[field]))
	if err != nil {
		return -1
	}
	return n
}

// describeClients says who is connected.
func (s *Server) describeClients(asking *session) string {
	var lines []string
	for c := range s.clients {
		line := c.name()
		switch {
		case c == asking:
			line += " (you)"
		case c.observer:
			line += " (observer)"
		}
		for _, p := range c.order {
			standing := 0
			for _, t := range p.threads {
				if t.state == stopped {
					standing++
				}
			}
			line += fmt.Sprintf(": process %d, holds %d of %d threads", p.pid, standing, len(p.threads))
		}
		lines = append(lines, line+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
