package strace

import (
	"github.com/utrace/utrace/strace/decode"
)

// transfer tells which way a call moves data between its buffer, argument 1,
// and its descriptor, argument 0.
type transfer int

const (
	noTransfer transfer = iota
	transferIn
	transferOut
)

var transfers = map[string]transfer{
	"read": transferIn, "pread64": transferIn, "recv": transferIn, "recvfrom": transferIn,
	"write": transferOut, "pwrite64": transferOut, "send": transferOut, "sendto": transferOut,
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
	var size uint64
	switch fd := int32(c.Args[0]); transfers[call.Name] {
	case transferIn:
		if o.ReadFDs.Contains(fd) && status == Successful {
			size = min(uint64(c.Result), c.Args[2])
		}
	case transferOut:
		if o.WriteFDs.Contains(fd) {
			size = c.Args[2]
		}
	}
	return appendDump(buf, c.Mem, c.Args[1], size)
}

// appendDump appends size bytes of memory, sixteen to a line, as far as they
// can be read.
func appendDump(buf []byte, mem decode.Memory, addr, size uint64) []byte {
	const hex = "0123456789abcdef"
	var data [16]byte
	for at := uint64(0); at < size; at += uint64(len(data)) {
		row := data[:min(uint64(len(data)), size-at)]
		n, err := mem.ReadMemory(addr+at, row)
		if row = row[:max(0, n)]; len(row) == 0 {
			break
		}
		buf = append(buf, " | "...)
		shift := 16
		for at>>shift > 15 {
			shift += 4
		}
		for ; shift >= 0; shift -= 4 {
			buf = append(buf, hex[at>>shift&15])
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
		buf = append(pad(buf, len(buf)-start, 16), " |\n"...)
		if err != nil {
			break
		}
	}
	return buf
}
