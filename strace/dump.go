package strace

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/utrace/utrace/strace/decode"
)

// transfer tells how a call moves data between memory and its descriptor, which is
// argument 0.
type transfer struct {
	out bool // from memory
	how func(buf []byte, c *decode.Call, moved uint64) []byte
}

var transfers = map[string]transfer{
	"read": {false, dumpBuffer}, "pread64": {false, dumpBuffer}, "recv": {false, dumpBuffer},
	"recvfrom": {false, dumpBuffer}, "mq_timedreceive": {false, dumpBuffer}, "mq_timedreceive_time64": {false, dumpBuffer},
	"write": {true, dumpBuffer}, "pwrite64": {true, dumpBuffer}, "send": {true, dumpBuffer},
	"sendto": {true, dumpBuffer}, "mq_timedsend": {true, dumpBuffer}, "mq_timedsend_time64": {true, dumpBuffer},
	"readv": {false, dumpVectorArgument}, "preadv": {false, dumpVectorArgument}, "preadv2": {false, dumpVectorArgument},
	"writev": {true, dumpVectorArgument}, "pwritev": {true, dumpVectorArgument}, "pwritev2": {true, dumpVectorArgument},
	"vmsplice": {true, dumpVectorArgument},
	"recvmsg":  {false, dumpMessage}, "sendmsg": {true, dumpMessage},
	"recvmmsg": {false, dumpMessages}, "recvmmsg_time64": {false, dumpMessages}, "sendmmsg": {true, dumpMessages},
}

// dump appends the data of a call in hexadecimal and in ASCII, if its
// descriptor is in the set of -e read= or -e write=.
func (f *text) dump(buf []byte, t *Tracee, status StatusSet) []byte {
	o := f.opts
	if o.ReadFDs.Empty() && o.WriteFDs.Empty() || status&(Successful|Failed) == 0 || t.Call.Mem == nil {
		return buf
	}
	c := &t.Call
	call, ok := c.ABI.Lookup(c.Nr)
	if !ok {
		return buf
	}
	x, ok := transfers[call.Name]
	fd := int32(c.Args[0])
	moved := uint64(everything)
	switch {
	case !ok:
		return buf
	case x.out:
		if !o.WriteFDs.Contains(fd) {
			return buf
		}
		if call.Name == "sendmmsg" && status == Failed {
			return buf
		}
	case !o.ReadFDs.Contains(fd) || status == Failed:
		return buf
	}
	if !x.out || call.Name == "sendmmsg" {
		moved = uint64(max(c.Result, 0))
	}
	return x.how(buf, c, moved)
}

// everything is more than any call moves.
const everything = 1<<63 - 1

// dumpBuffer is for the calls with one buffer.
func dumpBuffer(buf []byte, c *decode.Call, moved uint64) []byte {
	return appendDump(buf, c, c.Args[1], min(c.Args[2], moved))
}

// dumpVectorArgument is for those with a vector of buffers.
func dumpVectorArgument(buf []byte, c *decode.Call, moved uint64) []byte {
	return dumpVector(buf, c, c.Args[1], c.Args[2], moved)
}

// vectorMax is how many buffers the kernel takes (UIO_MAXIOV).
const vectorMax = 1024

// dumpVector appends the buffers of a vector as far as data was moved. One that cannot be
// read as a whole is no vector.
func dumpVector(buf []byte, c *decode.Call, addr, n, moved uint64) []byte {
	entry := 2 * c.ABI.LongSize
	list := make([]byte, int(min(n, vectorMax))*entry)
	if got, _ := c.Mem.ReadMemory(addr, list); got != len(list) {
		return buf
	}
	for i := 0; len(list) > 0; i++ {
		size := min(wordAt(c, list, 1), moved)
		if size == 0 {
			break
		}
		buf = strconv.AppendUint(append(buf, " * "...), size, 10)
		buf = strconv.AppendUint(append(buf, " bytes in buffer "...), uint64(i), 10)
		buf = append(buf, '\n')
		buf = appendDump(buf, c, wordAt(c, list, 0), size)
		moved -= size
		list = list[entry:]
	}
	return buf
}

// wordAt is a long of a structure in the call's memory.
func wordAt(c *decode.Call, structure []byte, i int) uint64 {
	order := binary.ByteOrder(binary.LittleEndian)
	if c.ABI.BigEndian {
		order = binary.BigEndian
	}
	if c.ABI.LongSize == 4 {
		return uint64(order.Uint32(structure[4*i:]))
	}
	return order.Uint64(structure[8*i:])
}

// message is where struct msghdr has its vector, in longs: name, its length, the
// vector, its length, control, its length, flags.
const messageVector, messageCount, messageWords = 2, 3, 7

func dumpMessage(buf []byte, c *decode.Call, moved uint64) []byte {
	var space [8 * messageWords]byte
	m := space[:c.ABI.LongSize*messageWords]
	if got, _ := c.Mem.ReadMemory(c.Args[1], m); got != len(m) {
		return buf
	}
	return dumpVector(buf, c, wordAt(c, m, messageVector), wordAt(c, m, messageCount), moved)
}

// dumpMessages is for the calls with several messages, of which the result says
// how many were moved.
func dumpMessages(buf []byte, c *decode.Call, moved uint64) []byte {
	word := c.ABI.LongSize
	var space [8 * (messageWords + 1)]byte
	m := space[:word*(messageWords+1)] // behind the message is its length
	for i := range min(moved, vectorMax) {
		if got, _ := c.Mem.ReadMemory(c.Args[1]+i*uint64(len(m)), m); got != len(m) {
			break
		}
		n := wordAt(c, m, messageCount)
		buf = strconv.AppendUint(append(buf, " = "...), n, 10)
		buf = strconv.AppendUint(append(buf, " buffers in vector "...), i, 10)
		buf = append(buf, '\n')
		buf = dumpVector(buf, c, wordAt(c, m, messageVector), n, wordAt(c, m, messageWords)&0xffffffff)
	}
	return buf
}

// dumpChunk is how much is read at a time.
const dumpChunk = 1 << 16

// appendDump appends size bytes of memory, sixteen to a line, as far as whole chunks can
// be read; the first that cannot is told of, unless there is nothing before it.
func appendDump(buf []byte, c *decode.Call, addr, size uint64) []byte {
	const row = 16
	widest := 16 // offsets have five digits, or as many as the last one
	for size > 0 && (size-1)>>widest > 15 {
		widest += 4
	}
	chunk := make([]byte, min(size, dumpChunk))
	for at := uint64(0); at < size; at += dumpChunk {
		chunk = chunk[:min(size-at, dumpChunk)]
		if n, err := c.Mem.ReadMemory(addr+at, chunk); err != nil || n != len(chunk) {
			if at == 0 {
				return buf
			}
			plural := "s"
			if len(chunk) == 1 {
				plural = ""
			}
			return fmt.Appendf(buf, " | <Cannot fetch %d byte%s from pid %d @%#x>\n", len(chunk), plural, c.TID, addr+at)
		}
		for i := 0; i < len(chunk); i += row {
			buf = appendDumpRow(buf, at+uint64(i), widest, chunk[i:min(i+row, len(chunk))])
		}
	}
	return buf
}

// appendDumpRow appends one line, whose offset begins with the digit at bit widest.
func appendDumpRow(buf []byte, offset uint64, widest int, row []byte) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, " | "...)
	for shift := widest; shift >= 0; shift -= 4 {
		buf = append(buf, hex[offset>>shift&15])
	}
	buf = append(buf, "  "...)
	start := len(buf)
	for i, b := range row {
		if i == 8 {
			buf = append(buf, ' ')
		}
		buf = append(buf, hex[b>>4], hex[b&15], ' ')
	}
	buf = pad(buf, len(buf)-start, 50)
	start = len(buf)
	for _, b := range row {
		if b < ' ' || b > '~' {
			b = '.'
		}
		buf = append(buf, b)
	}
	return append(pad(buf, len(buf)-start, 16), " |\n"...)
}
