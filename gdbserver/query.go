package gdbserver

import (
	"fmt"
	"slices"
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
		"qXfer":            whole("qXfer:", (*session).transfer),
		"qGetTLSAddr":      (*session).tlsAddress,
		"qSearch":          whole("qSearch:", (*session).search),
		"qCRC":             whole("qCRC:", (*session).checksum),
	}
}

// supported is qSupported: both sides say what they can do.
func (s *session) supported(dst, args []byte) ([]byte, error) {
	f := rsp.ParseFeatures(args)
	s.multi = f.Has("multiprocess")
	s.swbreak, s.hwbreak = f.Has("swbreak"), f.Has("hwbreak")
	s.forkEvents, s.vforkEvents, s.execEvents = f.Has("fork-events"), f.Has("vfork-events"), f.Has("exec-events")
	s.noResumed = f.Has("no-resumed")
	s.plain = !slices.Contains(strings.Split(f["xmlRegisters"], ","), "i386")
	return fmt.Appendf(dst, "PacketSize=%x;%s", maxPacket, strings.Join(offered, ";")), nil
}

// offered are the features of the server.
var offered = []string{
	"QPassSignals+", "QProgramSignals+", "QStartupWithShell+", "QEnvironmentHexEncoded+", "QEnvironmentReset+",
	"QEnvironmentUnset+", "QSetWorkingDir+", "QCatchSyscalls+", "qXfer:libraries-svr4:read+",
	"augmented-libraries-svr4-read+", "qXfer:auxv:read+", "qXfer:siginfo:read+", "qXfer:siginfo:write+",
	"qXfer:features:read+", "QStartNoAckMode+", "qXfer:osdata:read+", "multiprocess+", "fork-events+",
	"vfork-events+", "exec-events+", "QNonStop+", "QDisableRandomization+", "qXfer:threads:read+",
	"swbreak+", "hwbreak+", "qXfer:exec-file:read+", "vContSupported+",
	"ConditionalBreakpoints+", "BreakpointCommands+", "QThreadEvents+", "no-resumed+", "binary-upload+",
}

// current is qC: the thread that packets are about.
func (s *session) current(dst []byte) ([]byte, error) {
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	return t.name().AppendTo(append(dst, "QC"...), s.multi), nil
}

// listing is where a list of threads that does not fit a packet goes on.
type listing struct{ names []rsp.Thread }

func (s *session) firstThreads(dst []byte) ([]byte, error) {
	s.listing.names = nil
	for _, t := range s.threads() {
		s.listing.names = append(s.listing.names, t.name())
	}
	if len(s.listing.names) == 0 {
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
	names := &s.listing.names
	if len(*names) == 0 {
		return append(dst, 'l'), nil
	}
	sep := byte('m')
	for len(*names) != 0 && len(dst) < 1<<14 {
		dst = (*names)[0].AppendTo(append(dst, sep), s.multi)
		*names = (*names)[1:]
		sep = ','
	}
	return dst, nil
}

// threadExtraInfo is what gdb shows behind a thread: its name.
func (s *session) threadExtraInfo(dst, args []byte) ([]byte, error) {
	name, rest, valid := rsp.ParseThread(args)
	t := s.find(name)
	if !valid || len(rest) != 0 || t == nil {
		return nil, failed
	}
	return rsp.AppendHex(dst, []byte("Name: "+commOf(t.id))), nil
}

// isAttached is qAttached: was the process running before it was debugged?
func (s *session) isAttached(dst, args []byte) ([]byte, error) {
	var p *process
	if len(args) == 0 {
		t, err := s.selected()
		if err != nil {
			return nil, err
		}
		p = t.p
	} else if pid, err := rsp.ParseProcess(args); err == nil {
		p = s.processes[pid]
	}
	if p == nil {
		if s.observer {
			return append(dst, '1'), nil
		}
		return nil, failed
	}
	if p.attached {
		return append(dst, '1'), nil
	}
	return append(dst, '0'), nil
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
