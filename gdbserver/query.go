package gdbserver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
)

// queryPackets are the q packets.
func queryPackets() map[string]handler {
	return map[string]handler{
		"qSupported":       (*session).supported,
		"qC":               bare((*session).current),
		"qfThreadInfo":     bare((*session).firstThreads),
		"qsThreadInfo":     bare((*session).moreThreads),
		"qThreadExtraInfo": (*session).threadExtraInfo,
		"qAttached":        (*session).isAttached,
		"qSymbol":          (*session).symbol,
		"qRcmd":            (*session).monitor,
		"qXfer":            (*session).transfer,
		"qGetTLSAddr":      (*session).tlsAddress,
		"qSearch":          (*session).search,
		"qCRC":             (*session).checksum,
	}
}

// supported is qSupported: both sides say what they can do.
func (s *session) supported(dst, packet []byte) ([]byte, error) {
	_, words := rsp.Split(packet)
	f := rsp.ParseFeatures(words)
	s.multi = f.Has("multiprocess")
	s.swbreak, s.hwbreak = f.Has("swbreak"), f.Has("hwbreak")
	s.forkEvents, s.vforkEvents, s.execEvents = f.Has("fork-events"), f.Has("vfork-events"), f.Has("exec-events")
	s.noResumed = f.Has("no-resumed")
	s.plain = !slices.Contains(strings.Split(f.Value("xmlRegisters"), ","), "i386")
	return offered.AppendTo(dst), nil
}

// offered are the features of the server.
var offered = append(rsp.Features{{Name: "PacketSize", Mark: '=', Value: strconv.FormatUint(maxPacket, 16)}}, rsp.Support(
	"QPassSignals", "QProgramSignals", "QStartupWithShell", "QEnvironmentHexEncoded", "QEnvironmentReset",
	"QEnvironmentUnset", "QSetWorkingDir", "QCatchSyscalls", "qXfer:libraries-svr4:read",
	"augmented-libraries-svr4-read", "qXfer:auxv:read", "qXfer:siginfo:read", "qXfer:siginfo:write",
	"qXfer:features:read", "QStartNoAckMode", "qXfer:osdata:read", "multiprocess", "fork-events",
	"vfork-events", "exec-events", "QNonStop", "QDisableRandomization", "qXfer:threads:read",
	"swbreak", "hwbreak", "qXfer:exec-file:read", "vContSupported",
	"ConditionalBreakpoints", "BreakpointCommands", "QThreadEvents", "no-resumed", "binary-upload",
)...)

// current is qC: the thread that packets are about.
func (s *session) current(dst []byte) ([]byte, error) {
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	return rsp.AppendCurrent(dst, t.name(), s.multi), nil
}

func (s *session) firstThreads(dst []byte) ([]byte, error) {
	s.unlisted = nil
	for _, t := range s.threads() {
		s.unlisted = append(s.unlisted, t.name())
	}
	if len(s.unlisted) == 0 {
		return nil, failed
	}
	return s.moreThreads(dst)
}

// threads lists all threads of the client.
func (s *session) threads() (list []*thread) {
	if s.observer {
		return s.observedThreads()
	}
	for _, p := range s.order {
		if p.parent == nil {
			list = append(list, p.threads...)
		}
	}
	return list
}

func (s *session) moreThreads(dst []byte) ([]byte, error) {
	dst, s.unlisted = rsp.AppendThreads(dst, s.unlisted, s.multi, 1<<14)
	return dst, nil
}

// threadExtraInfo is what gdb shows behind a thread: its name.
func (s *session) threadExtraInfo(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseSelect(packet)
	if err != nil {
		return nil, err
	}
	t := s.find(x.Thread)
	if t == nil {
		return nil, failed
	}
	return rsp.AppendHex(dst, []byte("Name: "+commOf(t.id))), nil
}

// isAttached is qAttached: was the process running before it was debugged?
func (s *session) isAttached(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseProcess(packet)
	if err != nil {
		return nil, err
	}
	p := s.processes[x.PID]
	if x.PID == 0 {
		t, err := s.selected()
		if err != nil {
			return nil, err
		}
		p = t.p
	}
	if p == nil && !s.observer {
		return nil, failed
	}
	return rsp.AppendAttached(dst, p == nil || p.attached), nil
}

// commOf is the name of a thread.
func commOf(tid int) string {
	status, err := procfs.ReadStat(tid)
	if err != nil {
		return ""
	}
	return status.Name
}

// coreOf is the processor that a thread ran on last.
func coreOf(t *thread) int { return processorOf(t.id) }
