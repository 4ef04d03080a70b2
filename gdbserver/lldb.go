package gdbserver

import (
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
			s.lldb = true
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
	var info rsp.Pairs
	info.AddHex("triple", m.triple)
	info.Add("ptrsize", "8")
	info.Add("watchpoint_exceptions_received", when)
	info.Add("endian", "little")
	if name, err := os.Hostname(); err == nil {
		info.AddHex("hostname", name)
	}
	return info.AppendTo(dst), nil
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
	var info rsp.Pairs
	info.AddNumber("pid", uint64(t.p.pid))
	info.AddNumber("parent-pid", uint64(status.Parent))
	info.AddNumber("real-uid", uint64(status.UIDs[0]))
	info.AddNumber("real-gid", uint64(status.GIDs[0]))
	info.AddNumber("effective-uid", uint64(status.UIDs[1]))
	info.AddNumber("effective-gid", uint64(status.GIDs[1]))
	info.AddHex("triple", machineOf(abi).triple)
	info.Add("ostype", "linux")
	info.Add("endian", "little")
	info.AddNumber("ptrsize", uint64(abi.WordSize()))
	return info.AppendTo(dst), nil
}

// memoryRegion is qMemoryRegionInfo: the mapping, or the gap, that an address is
// in.
func (s *session) memoryRegion(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseLookup(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	begin, end := uint64(0), ^uint64(0)
	var about rsp.Pairs
	err = procfs.Maps(t.p.pid, func(m procfs.Mapping) bool {
		switch {
		case m.End <= x.Value:
			begin = m.End
		case m.Start > x.Value:
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
			about.Add("permissions", permissions)
			if m.Path != "" {
				about.AddHex("name", m.Path)
			}
			return false
		}
		return true
	})
	if err != nil {
		return nil, failed
	}
	var region rsp.Pairs
	region.AddNumber("start", begin)
	region.AddNumber("size", end-begin)
	return append(region, about...).AppendTo(dst), nil
}

// threadStopInfo is qThreadStopInfo: why a thread stands.
func (s *session) threadStopInfo(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseSelect(packet)
	if err != nil {
		return nil, err
	}
	t := s.find(x.Thread)
	if t == nil || t.state != stopped {
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
		if dir, err = s.server.options.Place.getwd(); err != nil {
			return nil, failed
		}
	}
	return rsp.AppendHex(dst, []byte(dir)), nil
}

// lldbExtra is what a stop reply has more for lldb: names, all threads, and the
// reason in its words.
func (s *session) lldbExtra(t *thread, stop *rsp.Stop) (extra rsp.Pairs) {
	extra.Add("name", commOf(t.id))
	if s.listThreads {
		var ids, counters []byte
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
		extra.Add("threads", string(ids))
		extra.Add("thread-pcs", string(counters))
	}
	if reason := lldbReason(stop); reason != "" {
		extra.Add("reason", reason)
	}
	switch stop.Reason {
	case rsp.Watch, rsp.ReadWatch, rsp.AccessWatch:
		extra.AddHex("description", fmt.Sprintf("%d 0 %d", stop.Addr, stop.Addr))
	}
	return extra
}

// lldbReason is lldb's word for why a thread stands.
func lldbReason(stop *rsp.Stop) string {
	switch stop.Reason {
	case rsp.SoftwareBreak, rsp.HardwareBreak:
		return "breakpoint"
	case rsp.Watch, rsp.ReadWatch, rsp.AccessWatch:
		return "watchpoint"
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
