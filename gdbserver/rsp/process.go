package rsp

import "bytes"

// Process is a packet about one process.
type Process struct {
	// Name is vAttach, vKill, D (let it go) or qAttached (was it running before?).
	Name string
	// PID is 0 where D and qAttached name none: that of the chosen thread is meant.
	PID int
}

// processPackets are these, each with what stands before the number.
var processPackets = []struct {
	name      string
	separator byte
	bare      bool
}{{"vAttach", ';', false}, {"vKill", ';', false}, {"D", ';', true}, {"qAttached", ':', true}}

// ParseProcess parses these packets.
func ParseProcess(packet []byte) (p Process, err error) {
	for _, x := range processPackets {
		if x.bare && string(packet) == x.name {
			return Process{Name: x.name}, nil
		}
		if text, ok := argument(packet, x.name, x.separator); ok {
			pid, ok := ParsePID(text)
			if !ok {
				return p, malformed
			}
			return Process{x.name, pid}, nil
		}
	}
	return p, malformed
}

// AppendTo appends the packet.
func (p Process) AppendTo(dst []byte) []byte {
	dst = append(dst, p.Name...)
	for _, x := range processPackets {
		if x.name == p.Name && p.PID != 0 {
			return AppendNumber(append(dst, x.separator), uint64(p.PID))
		}
	}
	return dst
}

// ParsePID parses a text that is a process id.
func ParsePID(text []byte) (pid int, ok bool) {
	v, ok := Number(text)
	if !ok || v == 0 || v > 1<<31-1 {
		return 0, false
	}
	return int(v), true
}

// AppendAttached appends the reply to qAttached.
func AppendAttached(dst []byte, attached bool) []byte {
	if attached {
		return append(dst, '1')
	}
	return append(dst, '0')
}

// ParseAttached parses the reply to qAttached.
func ParseAttached(reply []byte) (attached, ok bool) {
	return bytes.Equal(reply, []byte("1")), len(reply) == 1 && (reply[0] == '0' || reply[0] == '1')
}
