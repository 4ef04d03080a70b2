package strace

import (
	"time"

	"github.com/utrace/utrace/tracehook"
)

// heldCall is the entry of a call that cannot be printed yet, because memory that
// it needs was not there when the call began. It is the decoder's memory when
// more of it has come.
type heldCall struct {
	held     bool
	at       time.Time
	captured tracehook.Memory
	late     tracehook.Memory
}

// keep keeps what was captured, which is valid only now.
func (h *heldCall) keep(captured tracehook.Memory, at time.Time) {
	h.held, h.at, h.captured = true, at, nil
	if m, ok := captured.(interface{ Clone() tracehook.Memory }); ok {
		h.captured = m.Clone()
	}
}

// ReadMemory implements decode.Memory. What was there at the entry counts more
// than what is there at the end.
func (h *heldCall) ReadMemory(addr uint64, p []byte) (n int, err error) {
	err = tracehook.ErrNotSupported
	for _, m := range []tracehook.Memory{h.captured, h.late} {
		if m == nil {
			continue
		}
		if n, err = m.ReadMemory(addr, p); err == nil {
			break
		}
	}
	return n, err
}
