package gdbserver

import (
	"bytes"
	"fmt"
	"os"

	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// What LLDB, and Delve as its imitator, say in a dialect of their own (lldb's
// docs/lldb-gdb-remote.txt).

// lldbPackets are those of lldb's dialect.
func lldbPackets() map[string]handler {
	return map[string]handler{
		"QThreadSuffixSupported": func(s *session, dst, _ []byte) ([]byte, error) {
			s.lldb, s.suffix = true, true
			return ok(dst)
		},
		"QListThreadsInStopReply": func(s *session, dst, _ []byte) ([]byte, error) {
			s.lldb, s.listThreads = true, true
			return ok(dst)
		},
		"qHostInfo":         bare((*session).hostInfo),
		"qProcessInfo":      bare((*session).processInfo),
		"qMemoryRegionInfo": (*session).memoryRegion,
		"qThreadStopInfo":   (*session).threadStopInfo,
		"qRegisterInfo":     (*session).registerInfo,
		"qGetWorkingDir":    bare((*session).workingDirectory),
		"qGetPid": bare(func(s *session, dst []byte) ([]byte, error) {
			t, err := s.selected()
			if err != nil {
				return nil, err
			}
			return rsp.AppendNumber(dst, uint64(t.p.pid)), nil
		}),
	}
}

// hostInfo is qHostInfo: this machine.
func (s *session) hostInfo(dst []byte) ([]byte, error) {
	s.lldb = true
	m, when := machineOf(regset.NativeABI()), "before"
	if m.watchAfter {
		when = "after"
	}
	dst = fmt.Appendf(dst, "triple:%x;ptrsize:8;watchpoint_exceptions_received:%s;endian:little;", m.triple, when)
	if name, err := os.Hostname(); err == nil {
		dst = fmt.Appendf(dst, "hostname:%x;", name)
	}
	return dst, nil
}

// processInfo is qProcessInfo: the process that packets are about.
func (s *session) processInfo(dst []byte) ([]byte, error) {
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	status, err := procfs.ReadStatus(t.p.pid)
	if err != nil {
		return nil, failed
	}
	abi := s.abi(t)
	return fmt.Appendf(dst, "pid:%x;parent-pid:%x;real-uid:%x;real-gid:%x;effective-uid:%x;effective-gid:%x;triple:%x;ostype:linux;endian:little;ptrsize:%d;",
		t.p.pid, status.Parent, status.UIDs[0], status.GIDs[0], status.UIDs[1], status.GIDs[1], machineOf(abi).triple, abi.WordSize()), nil
}

// memoryRegion is qMemoryRegionInfo: the mapping, or the gap, that an address is
// in.
func (s *session) memoryRegion(dst, args []byte) ([]byte, error) {
	addr, valid := rsp.Number(args)
	t, err := s.selected()
	if !valid || err != nil {
		return nil, failed
	}
	begin, end := uint64(0), ^uint64(0)
	err = procfs.Maps(t.p.pid, func(m procfs.Mapping) bool {
		switch {
		case m.End <= addr:
			begin = m.End
		case m.Start > addr:
			end = m.Start
			return false
		default:
			begin, end = m.Start, m.End
			permissions := ""
			for _, x := range []struct {
				set    bool
				letter string
			}{{m.Read, "r"}, {m.Write, "w"}, {m.Exec, "x"}} {
				if x.set {
					permissions += x.letter
				}
			}
			dst = fmt.Appendf(dst, "start:%x;size:%x;permissions:%s;", begin, end-begin, permissions)
			if m.Path != "" {
				dst = fmt.Appendf(dst, "name:%x;", m.Path)
			}
			return false
		}
		return true
	})
	if err != nil {
		return nil, failed
	}
	if len(dst) == 0 {
		dst = fmt.Appendf(dst, "start:%x;size:%x;", begin, end-begin)
	}
	return dst, nil
}

// threadStopInfo is qThreadStopInfo: why a thread stands.
func (s *session) threadStopInfo(dst, args []byte) ([]byte, error) {
	name, rest, valid := rsp.ParseThread(args)
	t := s.find(name)
	if !valid || len(rest) != 0 || t == nil || t.state != stopped {
		return nil, failed
	}
	stop := rsp.Stop{Reason: rsp.Signalled, Thread: t.name(), Core: -1}
	if t.last != nil {
		stop = *t.last
	}
	return s.appendStop(dst, &queued{thread: t, process: t.p, stop: stop}), nil
}

func (s *session) workingDirectory(dst []byte) ([]byte, error) {
	dir := s.settings.directory
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, failed
		}
	}
	return rsp.AppendHex(dst, []byte(dir)), nil
}

// lldbExtra is what a stop reply has more for lldb: names, all threads, and the
// reason in its words.
func (s *session) lldbExtra(t *thread, stop *rsp.Stop) []byte {
	var b []byte
	b = fmt.Appendf(b, "name:%s;", bytes.Map(func(r rune) rune {
		if r == ';' || r == ':' || r == '#' || r == '$' || r == '}' || r == '*' || r < ' ' || r > '~' {
			return '_' // they would end the field, or the packet
		}
		return r
	}, []byte(commOf(t.id))))
	if s.listThreads {
		ids, counters := []byte("threads:"), []byte("thread-pcs:")
		for i, x := range t.p.threads {
			if i > 0 {
				ids, counters = append(ids, ','), append(counters, ',')
			}
			ids = rsp.AppendNumber(ids, uint64(x.id))
			pc := uint64(0)
			if r, err := x.engine.Held(); err == nil {
				pc, _ = readPC(r)
			}
			counters = rsp.AppendNumber(counters, pc)
		}
		b = append(append(append(append(b, ids...), ';'), counters...), ';')
	}
	if reason := lldbReason(stop); reason != "" {
		b = fmt.Appendf(b, "reason:%s;", reason)
	}
	return b
}

// lldbReason is lldb's word for why a thread stands.
func lldbReason(stop *rsp.Stop) string {
	switch stop.Reason {
	case rsp.SoftwareBreak, rsp.HardwareBreak:
		return "breakpoint"
	case rsp.Watch, rsp.ReadWatch, rsp.AccessWatch:
		return fmt.Sprintf("watchpoint;description:%x", fmt.Sprintf("%d 0 %d", stop.Addr, stop.Addr))
	case rsp.Exec:
		return "exec"
	case rsp.Fork:
		return "fork"
	case rsp.Vfork:
		return "vfork"
	case rsp.VforkDone:
		return "vforkdone"
	case rsp.Signalled:
		switch stop.Signal {
		case 0:
			return ""
		case gdbSIGTRAP:
			return "trace"
		}
		return "signal"
	}
	return ""
}
