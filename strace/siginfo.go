package strace

import (
	"strconv"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// SiginfoSize is the size of the kernel's siginfo_t.
const SiginfoSize = 128

// kernelInfo tells the decoder the layout of a siginfo_t that the kernel gives
// to a tracer: the tracer's own, whatever the tracee is, which is thread tid.
func kernelInfo(tid int) *decode.Call { return &decode.Call{ABI: syscalls.Native()[0], TID: tid} }

func appendField(buf []byte, name string, v int64) []byte {
	return strconv.AppendInt(append(buf, name...), v, 10)
}

// appendHex appends v as C's %#x does: zero without a prefix.
func appendHex(buf []byte, v uint64) []byte {
	if v != 0 {
		buf = append(buf, "0x"...)
	}
	return strconv.AppendUint(buf, v, 16)
}
