package strace

import (
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// appendRight appends n in at least width columns.
func appendRight(buf []byte, n uint64, width int) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], n, 10)
	return append(pad(buf, len(d), width), d...)
}

// appendTimestamp appends the time of day as -t, -tt and -ttt want it.
func appendTimestamp(buf []byte, at time.Time, s Timestamp) []byte {
	if s.Unix {
		buf = strconv.AppendInt(buf, at.Unix(), 10)
	} else {
		hour, minute, second := at.Clock()
		buf = append(appendTwo(buf, hour), ':')
		buf = append(appendTwo(buf, minute), ':')
		buf = appendTwo(buf, second)
	}
	return appendFraction(buf, int64(at.Nanosecond()), s.Precision)
}

func appendTwo(buf []byte, n int) []byte { return append(buf, byte('0'+n/10), byte('0'+n%10)) }

// appendFraction appends the point and as many digits as p has, cutting the
// others off.
func appendFraction(buf []byte, ns int64, p Precision) []byte {
	digits := p.digits()
	if digits <= 0 {
		return buf
	}
	buf = append(buf, '.')
	unit := int64(time.Second / 10)
	for range digits {
		buf = append(buf, byte('0'+ns/unit%10))
		unit /= 10
	}
	return buf
}
