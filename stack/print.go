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
	_, err := w.Write(AppendText(nil, p.Process.Space, p.Process.Frames(t, p.Frames), p.Source))
	return err
}

// threadJSON is a thread. Fields are only added.
type threadJSON struct {
	V         int     `json:"v"`
	Event     string  `json:"event"` // "stack"
	PID       int     `json:"pid"`
	TID       int     `json:"tid"`
	Name      string  `json:"name"`
	StoppedNS int64   `json:"stopped_ns"`
	Frames    []Frame `json:"frames"`
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
			StoppedNS: int64(t.Stopped), Frames: []Frame{}}
		if t.Err != nil {
			x.Error = t.Err.Error()
		}
		for _, f := range p.Process.Frames(t, p.Frames) {
			x.Frames = append(x.Frames, Describe(p.Process.Space, &f, p.Source))
			x.Complete = f.Caller == unwind.Outermost
		}
		if err := encoder.Encode(&x); err != nil {
			return err
		}
	}
	return nil
}
