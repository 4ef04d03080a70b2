package strace

import (
	"bytes"
	"slices"
)

// Colour is when lines are coloured (--color).
type Colour int

// The values of --color.
const (
	ColourAuto   Colour = iota // on a terminal, unless the environment says NO_COLOR
	ColourAlways               // in files, too
	ColourNever
)

// The colours, as select graphic rendition of ECMA-48: few, and none of a background,
// so that they can be read on light and dark screens. Those of calls and errors
// are strace's.
const (
	nameColour  = "\x1b[33m"
	errorColour = "\x1b[31m"
	eventColour = "\x1b[36m" // signals, stops and deaths
	plain       = "\x1b[m"
)

// coloured reports whether the lines are to be. A file is one day looked at with
// something that takes escape sequences for text: it has them if they were asked for.
func (l *Log) coloured() bool {
	switch l.opts.Colour {
	case ColourAlways:
		return true
	case ColourNever:
		return false
	}
	if l.opts.Output != "" {
		return false
	}
	if l.replayed {
		return l.env.Colours(l.env.Stdout)
	}
	return l.env.Colours(l.env.Stderr)
}

// paint colours buf[from:to], if there are colours.
func (f *text) paint(buf []byte, from, to int, colour string) []byte {
	if !f.colour || from == to {
		return buf
	}
	// Most is at the end, so that little is moved.
	buf = slices.Grow(buf, len(colour)+len(plain))
	buf = buf[:len(buf)+len(colour)+len(plain)]
	copy(buf[to+len(colour)+len(plain):], buf[to:])
	copy(buf[from+len(colour):], buf[from:to])
	copy(buf[to+len(colour):], plain)
	copy(buf[from:], colour)
	return buf
}

// paintName colours the name of the call that begins in from.
func (f *text) paintName(buf []byte, from int) []byte {
	if n := bytes.IndexByte(buf[from:], '('); n > 0 {
		return f.paint(buf, from, from+n, nameColour)
	}
	return buf
}

// columns is how much room a part of a line takes on the screen, in bytes as strace
// counts: all escape sequences in a line are those of paint, because everything
// that comes from a tracee is quoted.
func (f *text) columns(line []byte) int {
	n := len(line)
	if !f.colour {
		return n
	}
	for {
		start := bytes.IndexByte(line, '\x1b')
		if start < 0 {
			return n
		}
		end := start + bytes.IndexByte(line[start:], 'm') + 1
		n -= end - start
		line = line[end:]
	}
}
