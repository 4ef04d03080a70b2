package rsp

// gdb has its own numbers for signals, the same on every machine
// (include/gdb/signals.def); these are the ones that Linux has, by Linux's
// number.
var signals = [...]int{
	1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 10, 8: 8, 9: 9, 10: 30, 11: 11, 12: 31, 13: 13, 14: 14, 15: 15,
	16: unknownSignal, // SIGSTKFLT
	17: 20, 18: 19, 19: 17, 20: 18, 21: 21, 22: 22, 23: 16, 24: 24, 25: 25, 26: 26, 27: 27, 28: 28, 29: 23,
	30: 32, 31: 12,
}

const (
	unknownSignal = 143
	realtime33    = 45 // SIG33 up to SIG63, in a row
	realtime32    = 77
	realtime64    = 78
)

// SignalToGDB is gdb's number for a signal of Linux.
func SignalToGDB(n int) int {
	switch {
	case n > 0 && n < len(signals):
		return signals[n]
	case n == 32:
		return realtime32
	case n == 64:
		return realtime64
	case n >= 33 && n < 64:
		return realtime33 + n - 33
	case n == 0:
		return 0
	}
	return unknownSignal
}

// SignalFromGDB is Linux's number for a signal of gdb, or 0 if it has none.
func SignalFromGDB(n int) int {
	switch {
	case n == realtime32:
		return 32
	case n == realtime64:
		return 64
	case n >= realtime33 && n < realtime33+31:
		return 33 + n - realtime33
	case n == 0 || n == unknownSignal:
		return 0
	}
	for linux, gdb := range signals {
		if gdb == n {
			return linux
		}
	}
	return 0
}

// SignalSet is a set of Linux's signals, bit n-1 for signal n.
type SignalSet uint64

// Has reports whether a signal is in the set.
func (s SignalSet) Has(n int) bool { return n > 0 && s&(1<<(n-1)) != 0 }

// Signals is a QPassSignals packet, with the signals that the client need not hear of,
// or QProgramSignals, with those that the program gets when the client has gone.
type Signals struct {
	Program bool
	Set     SignalSet
}

const (
	passSignals    = "QPassSignals"
	programSignals = "QProgramSignals"
)

// ParseSignals parses these packets, which list numbers of gdb. Those that Linux has
// not got are left out.
func ParseSignals(packet []byte) (s Signals, err error) {
	list, ok := argument(packet, passSignals, ':')
	if !ok {
		s.Program = true
		if list, ok = argument(packet, programSignals, ':'); !ok {
			return s, malformed
		}
	}
	s.Set, err = parseSignalSet(list)
	return s, err
}

func parseSignalSet(list []byte) (set SignalSet, err error) {
	for len(list) != 0 {
		n, rest, ok := number(list)
		if !ok || n > 255 {
			return 0, malformed
		}
		if linux := SignalFromGDB(int(n)); linux != 0 {
			set |= 1 << (linux - 1)
		}
		if len(rest) != 0 && rest[0] != ';' {
			return 0, malformed
		}
		if len(rest) != 0 {
			rest = rest[1:]
		}
		list = rest
	}
	return set, nil
}

// AppendTo appends the packet.
func (s Signals) AppendTo(dst []byte) []byte {
	name := passSignals
	if s.Program {
		name = programSignals
	}
	dst, sep := append(append(dst, name...), ':'), false
	for n := 1; n <= 64; n++ {
		gdb := SignalToGDB(n)
		if !s.Set.Has(n) || gdb == unknownSignal {
			continue
		}
		if sep {
			dst = append(dst, ';')
		}
		dst, sep = AppendNumber(dst, uint64(gdb)), true
	}
	return dst
}
