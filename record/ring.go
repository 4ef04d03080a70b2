package record

import (
	"io"
	"slices"
	"time"
)

// Ring keeps the last events in memory: a flight recorder. It is not for several
// goroutines at once.
type Ring struct {
	limit  int
	w      Writer
	blocks [][]byte
	size   int
	// Dropped counts the events that had to make room.
	Dropped int
	// alive and dead are how threads came to be traced whose events are kept,
	// which may have been before the oldest of these. dead is in order of death.
	alive map[int]Event
	dead  []grave
	// begin is told first; nil if the tracer has not said.
	begin *Event
}

// grave is a thread that died.
type grave struct {
	attach Event
	at     time.Time
}

// NewRing makes a Ring that keeps about so many bytes, packed.
func NewRing(limit int) *Ring {
	return &Ring{limit: limit, alive: make(map[int]Event)}
}

// Event adds an event, and drops the oldest if there is no room.
func (r *Ring) Event(ev *Event) error {
	r.track(ev)
	r.w.begin(ev)
	// With a small ring, small blocks: at least eight are kept.
	if len(r.w.enc.buf) < min(blockSize, max(r.limit/8, 1<<10)) {
		return nil
	}
	block := r.w.take()
	r.blocks, r.size = append(r.blocks, block), r.size+len(block)
	for r.size > r.limit && len(r.blocks) > 1 {
		r.drop()
	}
	return nil
}

func (r *Ring) drop() {
	h, _ := parseHeader(r.blocks[0])
	r.Dropped += int(h.count)
	r.size -= len(r.blocks[0])
	r.blocks[0] = nil
	r.blocks = r.blocks[1:]
	oldest := r.oldest()
	for len(r.dead) > 0 && r.dead[0].at.Before(oldest) {
		r.dead = r.dead[1:]
	}
}

// oldest is the time of the oldest event that is kept.
func (r *Ring) oldest() time.Time {
	if len(r.blocks) == 0 {
		return time.Unix(0, r.w.first)
	}
	h, _ := parseHeader(r.blocks[0])
	return time.Unix(0, h.first)
}

// track keeps alive and dead.
func (r *Ring) track(ev *Event) {
	switch ev.Kind {
	case Attach:
		r.alive[ev.TID] = *ev
	case Exec:
		was := r.alive[ev.TID]
		delete(r.alive, ev.TID)
		was.TID = ev.Other
		r.alive[ev.Other] = was
	case Begin:
		r.begin = new(*ev)
	case Death:
		if was, ok := r.alive[ev.TID]; ok {
			r.dead = append(r.dead, grave{was, ev.Time})
		}
		delete(r.alive, ev.TID)
	case Detach:
		delete(r.alive, ev.TID)
	}
}

// WriteTo writes all that is kept as a whole recording. It can be called again.
func (r *Ring) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	out := NewWriter(counted, 0)
	var known []Event
	if r.begin != nil {
		out.Event(r.begin)
	}
	for _, ev := range r.alive {
		known = append(known, ev)
	}
	for _, g := range r.dead {
		known = append(known, g.attach)
	}
	slices.SortFunc(known, func(a, b Event) int { return a.Time.Compare(b.Time) })
	oldest := r.oldest()
	for i := range known {
		if known[i].Time.Before(oldest) {
			out.Event(&known[i])
		}
	}
	out.Flush()
	for _, block := range r.blocks {
		if out.err == nil {
			out.write(block)
		}
	}
	if r.w.count > 0 && out.err == nil {
		// The present block goes on: what is written is a copy.
		out.write(pack(header{kind: kindEvents, count: r.w.count, first: r.w.first, last: r.w.enc.last}, r.w.enc.buf))
	}
	return counted.n, out.Close()
}

// Close does nothing: what is to be kept has been written by WriteTo.
func (r *Ring) Close() error { return nil }

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
