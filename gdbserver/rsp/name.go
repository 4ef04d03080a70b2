package rsp

import "bytes"

// Split takes the name off a packet that has one, such as vCont or qXfer, and gives
// what stands behind it and the byte between. "vCont?" is a name by itself.
func Split(packet []byte) (name, args []byte) {
	if i := bytes.IndexAny(packet, ":;,?"); i > 0 {
		if packet[i] == '?' {
			return packet[:i+1], packet[i+1:]
		}
		return packet[:i], packet[i+1:]
	}
	for _, prefix := range glued {
		if args, found := bytes.CutPrefix(packet, prefix); found {
			return packet[:len(prefix)], args
		}
	}
	return packet, nil
}

// glued are names that have their argument right behind them.
var glued = [][]byte{[]byte(threadStopInfo), []byte(registerInfo)}

const (
	threadStopInfo = "qThreadStopInfo"
	registerInfo   = "qRegisterInfo"
)

// argument is what stands behind the name of a packet and a separator.
func argument(packet []byte, name string, separator byte) (text []byte, ok bool) {
	text, ok = bytes.CutPrefix(packet, []byte(name))
	if !ok || len(text) == 0 || text[0] != separator {
		return nil, false
	}
	return text[1:], true
}
