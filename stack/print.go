package stack

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/utrace/utrace/unwind"
)

// Printer prints stacks.
type Printer struct {
	Process *Process
	// Frames is how many frames of each thread are printed; 0 means
	// unwind.DefaultFrames.
	Frames int
	// Source: with file and line, where the program has debugging information.
	Source bool
}

// Text prints the stacks for people, in the form of eu-stack and pstack.
func (p *Printer) Text(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "PID %d\n", p.Process.PID); err != nil {
		return err
	}
	for i := range p.Process.Threads {
		if err := p.thread(w, &p.Process.Threads[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Printer) thread(w io.Writer, t *Thread) error {
	if _, err := fmt.Fprintf(w, "TID %d (%s):\n", t.ID, t.Name); err != nil {
		return err
	}
	if t.Err != nil {
		_, err := fmt.Fprintf(w, "    %v\n", t.Err)
		return err
	}
	for n, f := range p.Process.Frames(t, p.Frames) {
		x := p.describe(&f)
		if _, err := fmt.Fprintf(w, "#%-2d 0x%016x %s\n", n, f.PC, x.text()); err != nil {
			return err
		}
		if note := incomplete(f.Caller); note != "" {
			if _, err := fmt.Fprintf(w, "    (%s)\n", note); err != nil {
				return err
			}
		}
	}
	return nil
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

// signalFrame is what a frame is called that a signal handler returns to.
const signalFrame = "<signal handler called>"

// frame is a frame as it is printed. Its JSON form is stable: fields are only
// added.
type frame struct {
	PC       string `json:"pc"`
	Function string `json:"function,omitempty"`
	Offset   uint64 `json:"offset,omitempty"`
	Module   string `json:"module,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	// Signal: a signal handler returns here.
	Signal bool `json:"signal,omitempty"`

	name string // of the module
}

// describe finds out what a frame is in.
func (p *Printer) describe(f *unwind.Frame) frame {
	x := frame{PC: fmt.Sprintf("%#x", f.PC), Signal: f.Signal}
	place := p.Process.Space.Locate(f.Lookup())
	if place.Module != nil {
		x.Module, x.name = place.Module.Path, place.Module.Name()
	}
	if x.Function = place.Function(); x.Function != "" {
		x.Offset = f.PC - place.Symbol.Addr
	} else if place.Module != nil {
		x.Offset = f.PC - place.Module.Bias
	}
	if p.Source {
		x.File, x.Line, _ = place.Line()
	}
	return x
}

// text is everything but the address.
func (x *frame) text() string {
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

// threadJSON is a thread. Fields are only added.
type threadJSON struct {
	V         int     `json:"v"`
	Event     string  `json:"event"` // "stack"
	PID       int     `json:"pid"`
	TID       int     `json:"tid"`
	Name      string  `json:"name"`
	StoppedNS int64   `json:"stopped_ns"`
	Frames    []frame `json:"frames"`
	// Complete: the last frame has no caller.
	Complete bool   `json:"complete"`
	Error    string `json:"error,omitempty"`
}

// JSON prints an object for each thread, one in a line.
func (p *Printer) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	for i := range p.Process.Threads {
		t := &p.Process.Threads[i]
		x := threadJSON{V: 1, Event: "stack", PID: p.Process.PID, TID: t.ID, Name: t.Name,
			StoppedNS: int64(t.Stopped), Frames: []frame{}}
		if t.Err != nil {
			x.Error = t.Err.Error()
		}
		for _, f := range p.Process.Frames(t, p.Frames) {
			x.Frames = append(x.Frames, p.describe(&f))
			x.Complete = f.Caller == unwind.Outermost
		}
		if err := encoder.Encode(&x); err != nil {
			return err
		}
	}
	return nil
}
