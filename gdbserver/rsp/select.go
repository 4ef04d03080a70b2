package rsp

import "bytes"

// Select is a packet about one thread.
type Select struct {
	// Name is Hg or Hc, which choose whom later packets are about, T, which asks
	// whether the thread lives, qThreadExtraInfo, or lldb's qThreadStopInfo.
	Name   string
	Thread Thread
}

const threadExtraInfo = "qThreadExtraInfo"

// ParseSelect parses these packets. What stands behind H can be any letter.
func ParseSelect(packet []byte) (s Select, err error) {
	text, ok := argument(packet, threadExtraInfo, ',')
	switch {
	case ok:
		s.Name = threadExtraInfo
	case bytes.HasPrefix(packet, []byte(threadStopInfo)):
		s.Name, text = threadStopInfo, packet[len(threadStopInfo):]
	case len(packet) > 2 && packet[0] == 'H':
		s.Name, text = string(packet[:2]), packet[2:]
	case len(packet) > 1 && packet[0] == 'T':
		s.Name, text = "T", packet[1:]
	default:
		return s, malformed
	}
	thread, rest, ok := ParseThread(text)
	if !ok || len(rest) != 0 {
		return s, malformed
	}
	s.Thread = thread
	return s, nil
}

// AppendTo appends the packet.
func (s Select) AppendTo(dst []byte, multi bool) []byte {
	dst = append(dst, s.Name...)
	if s.Name == threadExtraInfo {
		dst = append(dst, ',')
	}
	return s.Thread.AppendTo(dst, multi)
}

// AppendCurrent appends the reply to qC: the thread that packets are about.
func AppendCurrent(dst []byte, t Thread, multi bool) []byte {
	return t.AppendTo(append(dst, "QC"...), multi)
}

// ParseCurrent parses the reply to qC.
func ParseCurrent(reply []byte) (t Thread, err error) {
	text, found := bytes.CutPrefix(reply, []byte("QC"))
	t, rest, ok := ParseThread(text)
	if !found || !ok || len(rest) != 0 {
		return Thread{}, malformed
	}
	return t, nil
}

// AppendThreads appends the reply to qfThreadInfo and qsThreadInfo: as many threads
// as a packet of some size has room for, and the rest of the list. When none is left
// the reply says so.
func AppendThreads(dst []byte, list []Thread, multi bool, limit int) (_ []byte, rest []Thread) {
	if len(list) == 0 {
		return append(dst, 'l'), nil
	}
	separator := byte('m')
	for len(list) != 0 && len(dst) < limit {
		dst = list[0].AppendTo(append(dst, separator), multi)
		list, separator = list[1:], ','
	}
	return dst, list
}

// ParseThreads parses a piece of the list. None: there are no more.
func ParseThreads(reply []byte) (list []Thread, err error) {
	switch {
	case string(reply) == "l":
		return nil, nil
	case len(reply) == 0 || reply[0] != 'm':
		return nil, malformed
	}
	for name := range bytes.SplitSeq(reply[1:], []byte(",")) {
		t, rest, ok := ParseThread(name)
		if !ok || len(rest) != 0 {
			return nil, malformed
		}
		list = append(list, t)
	}
	return list, nil
}
