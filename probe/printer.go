package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/stack"
)

// maxUnwritten is how much may wait for a slow reader; then threads do, too.
const maxUnwritten = 1 << 20

// Printer prints hits, one line for each. Give its Hit to Options. Writing is
// done by a goroutine of its own, so that threads do not wait for whoever reads
// it, unless he is too slow: then they stop until he has caught up.
type Printer struct {
	json   bool
	out    io.Writer
	begin  time.Time
	filled *sync.Cond
	done   chan struct{}

	// mu guards what follows; filled waits on it.
	mu      sync.Mutex
	text    []byte
	stacks  []pending
	waiting []*utrace.Engine
	closed  bool
	err     error
}

// pending is a stack that belongs behind the text up to end.
type pending struct {
	end   int
	stack *Stack
}

// NewPrinter makes a Printer. Close it when nothing calls it any more, and, if
// hits have stacks, before the probe.
func NewPrinter(out io.Writer, asJSON bool) *Printer {
	p := &Printer{json: asJSON, out: out, begin: time.Now(), done: make(chan struct{})}
	p.filled = sync.NewCond(&p.mu)
	go p.write()
	return p
}

// Close writes what is left. The error is that of the first write that failed;
// nothing was written after it.
func (p *Printer) Close() error {
	p.mu.Lock()
	p.closed = true
	p.filled.Signal()
	p.mu.Unlock()
	<-p.done
	return p.err
}

// write writes until Close.
func (p *Printer) write() {
	defer close(p.done)
	var text []byte
	var stacks []pending
	var waiting []*utrace.Engine
	for {
		p.mu.Lock()
		for len(p.text) == 0 && !p.closed {
			p.filled.Wait()
		}
		text, p.text = p.text, text[:0]
		stacks, p.stacks = p.stacks, stacks[:0]
		waiting, p.waiting = p.waiting, waiting[:0]
		err := p.err
		p.mu.Unlock()
		if len(text) == 0 {
			return
		}
		if err == nil {
			if _, err = p.out.Write(p.withStacks(text, stacks)); err != nil {
				p.mu.Lock()
				p.err = err
				p.mu.Unlock()
			}
		}
		clear(stacks)
		if len(waiting) != 0 {
			waiting[0].Thread().Core().ControlAll(context.Background(), waiting, utrace.Resume)
		}
	}
}

// Hit prints one hit.
func (p *Printer) Hit(h *Hit) utrace.Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return utrace.Resume
	}
	if p.json {
		p.text = appendJSON(p.text, h)
	} else {
		p.text = p.appendText(p.text, h)
	}
	if h.Stack != nil {
		p.stacks = append(p.stacks, pending{len(p.text), h.Stack})
	}
	p.filled.Signal()
	if len(p.text)+copied*len(p.stacks) < maxUnwritten {
		return utrace.Resume
	}
	p.waiting = append(p.waiting, h.Report.Engine())
	return utrace.Stop
}

// withStacks walks the stacks and puts them where they belong.
func (p *Printer) withStacks(text []byte, stacks []pending) []byte {
	if len(stacks) == 0 {
		return text
	}
	var out []byte
	begin := 0
	for _, x := range stacks {
		out = append(out, text[begin:x.end]...)
		begin = x.end
		if p.json {
			out = appendStackJSON(out, x.stack)
		} else {
			out = stack.AppendText(out, x.stack.Space(), x.stack.Frames(), true)
		}
	}
	return append(out, text[begin:]...)
}

// appendStackJSON adds the frames to an object, which is the last there.
func appendStackJSON(b []byte, s *Stack) []byte {
	list := []stack.Frame{}
	for _, f := range s.Frames() {
		list = append(list, stack.Describe(s.Space(), &f, true))
	}
	text, err := json.Marshal(list)
	if err != nil {
		return b // a name with any bytes is still a string
	}
	b = append(bytes.TrimSuffix(b, []byte("}\n")), `,"stack":`...)
	return append(append(b, text...), "}\n"...)
}

// appendText makes a line for people:
//
//	0.012345 1234/1235 work(0x1, 0x2) at prog.c:12
//	0.012345 1234/1235 counter 0x1 -> 0x2 by work+0x12
func (p *Printer) appendText(b []byte, h *Hit) []byte {
	t := h.Report.Thread()
	b = fmt.Appendf(b, "%.6f ", h.Time.Sub(p.begin).Seconds())
	if t.ID() == t.Group() {
		b = fmt.Appendf(b, "%d ", t.Group())
	} else {
		b = fmt.Appendf(b, "%d/%d ", t.Group(), t.ID())
	}
	b = append(b, h.Site.Name...)
	if h.Args != nil {
		for i, v := range h.Args {
			b = fmt.Appendf(b, "%s%#x", []string{"(", ", "}[min(i, 1)], v)
		}
		b = append(b, ')')
	}
	if h.Write != nil {
		b = fmt.Appendf(b, " %s -> %s by %v", number(h.Write.Was), number(h.Write.Now), h.Write.By)
	} else if h.Site.Where != "" {
		b = append(append(b, ' '), h.Site.Where...)
	}
	return append(b, '\n')
}

// hitJSON is a hit as JSON. Fields are only added.
type hitJSON struct {
	V        int      `json:"v"`
	Event    string   `json:"event"` // "hit" or "write"
	Time     string   `json:"time"`
	Number   uint64   `json:"number"`
	PID      int      `json:"pid"`
	TID      int      `json:"tid"`
	Place    string   `json:"place"` // as the user wrote it
	Addr     string   `json:"addr"`
	Function string   `json:"function,omitempty"`
	Offset   uint64   `json:"offset,omitempty"`
	Module   string   `json:"module,omitempty"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Args     []string `json:"args,omitempty"`
	// Of a write function, offset and module are who wrote, and this is what.
	Was string `json:"was,omitempty"`
	Now string `json:"now,omitempty"`
	PC  string `json:"pc,omitempty"`
	// "stack", the frames, is put here later: see appendStackJSON.
}

func appendJSON(b []byte, h *Hit) []byte {
	s := h.Site
	x := hitJSON{
		V: 1, Event: "hit", Time: h.Time.Format(time.RFC3339Nano), Number: h.Number,
		PID: h.Report.Thread().Group(), TID: h.Report.Thread().ID(),
		Place: s.Spec.String(), Addr: fmt.Sprintf("%#x", s.Addr),
		Function: s.Function(), File: s.File, Line: s.Line,
	}
	if x.Function != "" {
		x.Offset = s.Addr - s.Symbol.Addr
	}
	module := s.Module
	if h.Write != nil {
		by := h.Write.By
		x.Event, x.Was, x.Now, x.PC = "write", number(h.Write.Was), number(h.Write.Now), fmt.Sprintf("%#x", by.Addr)
		x.Function, x.Offset, module = by.Function(), 0, by.Module
		if x.Function != "" {
			x.Offset = by.Addr - by.Symbol.Addr
		}
	}
	if module != nil {
		x.Module = module.Path
	}
	for _, v := range h.Args {
		x.Args = append(x.Args, fmt.Sprintf("%#x", v))
	}
	text, err := json.Marshal(x)
	if err != nil {
		return b // a name with any bytes is still a string
	}
	return append(append(b, text...), '\n')
}

// PrintCounts prints a table of how often each place was hit, the most first,
// and those that were never found.
func PrintCounts(w io.Writer, p *Probe, counts []Count) error {
	width := 4
	for _, c := range counts {
		width = max(width, len(fmt.Sprint(c.Hits)))
	}
	if _, err := fmt.Fprintf(w, "%*s  place\n", width, "hits"); err != nil {
		return err
	}
	for _, c := range counts {
		if _, err := fmt.Fprintf(w, "%*d  %s %s\n", width, c.Hits, c.Name, c.Where); err != nil {
			return err
		}
	}
	for _, s := range p.Missing() {
		if _, err := fmt.Fprintf(w, "%*s  %v, which was not found\n", width, "-", s); err != nil {
			return err
		}
	}
	return nil
}
