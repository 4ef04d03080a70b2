package stack

import (
	"fmt"

	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// signalFrame is what a frame is called that a signal handler returns to.
const signalFrame = "<signal handler called>"

// Frame is a frame as it is printed. Its JSON form is stable: fields are only
// added.
type Frame struct {
	PC       string `json:"pc"`
	Function string `json:"function,omitempty"`
	// Offset is how far behind the beginning of the function PC is, or, where
	// that is not known, which address of the file it is.
	Offset uint64 `json:"offset,omitempty"`
	Module string `json:"module,omitempty"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	// Signal: a signal handler returns here.
	Signal bool `json:"signal,omitempty"`

	name string // of the module
}

// Describe finds out what a frame of a process is in, with source also the file
// and line.
func Describe(space *symbol.Space, f *unwind.Frame, source bool) Frame {
	x := Frame{PC: fmt.Sprintf("%#x", f.PC), Signal: f.Signal}
	place := space.Locate(f.Lookup())
	if place.Module != nil {
		x.Module, x.name = place.Module.Path, place.Module.Name()
	}
	if x.Function = place.Function(); x.Function != "" {
		x.Offset = f.PC - place.Symbol.Addr
	} else if place.Module != nil {
		x.Offset = f.PC - place.Module.Bias
	}
	if source {
		x.File, x.Line, _ = place.Line()
	}
	return x
}

// String is everything but the address.
func (x Frame) String() string {
	if x.Signal {
		return signalFrame
	}
	name := x.Function
	if name == "" {
		name = x.name
	}
	if name == "" {
		return "??"
	}
	text := fmt.Sprintf("%s+%#x", name, x.Offset)
	if x.Function != "" {
		text += " in " + x.name
	}
	if x.Line != 0 {
		text += fmt.Sprintf(" at %s:%d", x.File, x.Line)
	}
	return text
}

// AppendText appends a line for each frame, as Printer.Text prints them, and one
// that says so if there should be more frames.
func AppendText(b []byte, space *symbol.Space, frames []unwind.Frame, source bool) []byte {
	for n := range frames {
		f := &frames[n]
		b = fmt.Appendf(b, "#%-2d 0x%016x %v\n", n, f.PC, Describe(space, f, source))
		if note := incomplete(f.Caller); note != "" {
			b = fmt.Appendf(b, "    (%s)\n", note)
		}
	}
	return b
}

// incomplete says why there are no more frames, if there should be.
func incomplete(m unwind.Method) string {
	switch m {
	case unwind.Lost:
		return "what called this is not known"
	case unwind.Truncated:
		return "more frames are not shown"
	}
	return ""
}
