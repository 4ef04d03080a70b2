package gdbserver

import (
	"bytes"
	"slices"

	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/regset"
)

// values are all registers of a thread as the reply to g has them. Most stay as they
// were from one stop to the next, and are the same in other threads: the sets are read
// each time, but only those that differ are written out anew.
type values struct {
	// contents are the sets that the text is of. Empty is one that could not be read.
	contents [][]byte
	// text has the registers in hexadecimal, reply the same with runs encoded.
	text, reply []byte
}

// all is the reply to g for a thread that stands, valid until the next call; nil if it
// has no registers any more. Most registers are zero, and clients read replies byte by
// byte: runs are encoded.
func (l *layout) all(t regset.Transport) []byte {
	v := &l.values
	if v.reply == nil {
		v.contents = make([][]byte, len(l.sets))
		v.text = rsp.AppendUnavailable(nil, l.size)
	}
	changed := v.reply == nil
	// Those that others begin with come first here.
	for i := range slices.Backward(l.sets) {
		content := l.part(i, t)
		if content == nil && i == 0 {
			return nil
		}
		if bytes.Equal(content, v.contents[i]) {
			continue
		}
		v.contents[i] = append(v.contents[i][:0], content...)
		l.write(v.text, i, content)
		changed = true
	}
	if changed {
		v.reply = rsp.Compress(v.reply[:0], v.text)
	}
	return v.reply
}

// part reads a set, or takes it from the one that has just been read and begins with it.
func (l *layout) part(set int, t regset.Transport) []byte {
	if whole := l.within[set]; whole > set {
		if content, n := l.values.contents[whole], l.sets[set].Slots*l.sets[set].SlotSize; len(content) >= n {
			return content[:n]
		}
	}
	return l.read(set, t)
}

// write puts the registers of a set into the text of all.
func (l *layout) write(text []byte, set int, content []byte) {
	var space [64]byte
	for i := range l.registers {
		x := &l.registers[i]
		if x.set != set {
			continue
		}
		to := text[2*x.offset : 2*x.offset : 2*(x.offset+x.width)]
		if len(content) == 0 {
			rsp.AppendUnavailable(to, x.width)
		} else if value, err := x.bytes(space[:0], content); err != nil {
			rsp.AppendUnavailable(to, x.width)
		} else {
			rsp.AppendHex(to, value)
		}
	}
}
