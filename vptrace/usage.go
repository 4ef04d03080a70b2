package vptrace

import (
	"encoding/binary"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// rusage is struct rusage of wait4(2) and the system call waitid(2) for a
// process, as this caller's word size lays it out.
func (w *waitCall) rusage(pid int) []byte {
	u := procfs.ReadUsage(pid)
	timeval := func(d time.Duration) (sec, usec int64) {
		return int64(d / time.Second), int64(d % time.Second / time.Microsecond)
	}
	var words [18]int64
	words[0], words[1] = timeval(u.User)
	words[2], words[3] = timeval(u.System)
	words[4] = u.MaxRSS
	words[8], words[9] = u.MinorFaults, u.MajorFaults
	words[11], words[12] = u.InBlocks, u.OutBlocks
	words[16], words[17] = u.Voluntary, u.Involuntary
	var b []byte
	for _, v := range words {
		if w.compat {
			b = binary.NativeEndian.AppendUint32(b, uint32(v))
		} else {
			b = binary.NativeEndian.AppendUint64(b, uint64(v))
		}
	}
	return b
}

// layout is waitid's part of siginfo for this caller: without the padding that
// 64-bit programs have before the union.
func (w *waitCall) layout(b [28]byte) []byte {
	if !w.compat {
		return b[:]
	}
	const head = 12 // si_signo, si_errno and si_code
	return append(b[:head:head], b[16:]...)
}
