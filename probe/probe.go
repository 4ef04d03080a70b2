package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/symbol"
)

// Options says what a probe looks for. The zero value of each field is
// good.
type Options struct {
	Places []symbol.Spec
	// Watches are by debug registers, of which a thread has four on x86-64.
	Watches []Watch
	// Body: functions mean the place behind their prologue, where gdb breaks,
	// not their first instruction.
	Body bool
	// Follow: the children of the program, too.
	Follow bool
	// Condition decides which threads count. Nil: all.
	Condition *Condition
	// Arguments is how many to read. They are those of a function at its first
	// instruction; nothing is known of them elsewhere.
	Arguments int
	// Stack is how many frames of the stack a hit has at most. 0: none, and the
	// stack is not copied.
	Stack int
	// Limit ends the probe with the hit of that number. 0: never.
	Limit uint64
	// Hit is called on the loop for each hit, with the thread stopped. It must
	// not block. It answers Resume or, to have the thread wait until its engine
	// is told otherwise, Stop. The Hit is valid until it returns.
	Hit func(*Hit) utrace.Action
	// Failed is told of what could not be set in a program after its exec or in
	// a file that it has loaded, such as a watchpoint without a free debug
	// register. Attach returns such an error itself. It is called from any
	// goroutine, once for the same error. Nil: nobody is told.
	Failed func(error)
	// Notice is told in words what the user should know: of places that are
	// in no file so far, of conditions that cannot be evaluated. It may be
	// called from any goroutine. Nil: nobody is told.
	Notice func(string)
}

// Hit is a thread that has come to a place.
type Hit struct {
	Report *utrace.Report
	// Number counts from 1.
	Number uint64
	Time   time.Time
	Site   *Site
	// Args are the arguments, as far as they could be read.
	Args []uint64
	// Write is nil at places of code.
	Write *Write
	// Stack is nil without Options.Stack, or if the thread is dying. It stays
	// valid until the probe is closed.
	Stack *Stack
}

// Site is a place that was found in a process.
type Site struct {
	symbol.Place
	Spec symbol.Spec
	// File and Line are where it is in the source, if that is known.
	File string
	Line int
	// Name and Where say it for people: "work+0x3" and "at prog.c:12" or
	// "in libc.so.6".
	Name, Where string

	// hits is owned by the loop; see Probe.Counts.
	hits uint64
	// golang: a function of Go, with that language's convention.
	golang bool
}

// Probe watches processes. Its methods may be called from any goroutine.
type Probe struct {
	core    *utrace.Core
	options Options
	files   symbol.Files
	// stop is closed when the limit is reached.
	stop chan struct{}

	mu      sync.Mutex
	watched []*watched
	sites   []*Site
	found   map[symbol.Spec]bool
	noticed map[string]bool

	// Owned by the loop:
	hits uint64
	args []uint64
}

// New makes a probe that watches nothing yet.
func New(core *utrace.Core, options Options) *Probe {
	return &Probe{core: core, options: options, stop: make(chan struct{}),
		found: make(map[symbol.Spec]bool), noticed: make(map[string]bool)}
}

// Attach watches a process. One that is held before its exec (host.Start) gets
// its breakpoints when that is done; one that runs already gets them now, and
// threads are stopped for a moment.
func (p *Probe) Attach(ctx context.Context, pid int, running bool) error {
	w := &watched{probe: p, pid: pid, planted: make(map[int]map[point]*planted), walkers: make(map[int]*walker)}
	if err := w.attach(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	p.watched = append(p.watched, w)
	p.mu.Unlock()
	if !running {
		return nil
	}
	w.lookUp()
	release := w.hold(ctx)
	defer release()
	if err := w.plant(ctx, pid, true); err != nil {
		w.detach()
		return err
	}
	return nil
}

// Limited is closed when the number of hits has been reached.
func (p *Probe) Limited() <-chan struct{} { return p.stop }

// Done returns a channel that is closed when all that is watched has ended.
func (p *Probe) Done() <-chan struct{} {
	done := make(chan struct{})
	p.mu.Lock()
	list := p.watched
	p.mu.Unlock()
	go func() {
		for _, w := range list {
			<-w.manager.Done()
		}
		close(done)
	}()
	return done
}

// Detach takes all breakpoints out and lets the processes go.
func (p *Probe) Detach() {
	p.mu.Lock()
	list := p.watched
	p.watched = nil
	p.mu.Unlock()
	for _, w := range list {
		w.detach()
	}
}

// Close detaches and closes what is open.
func (p *Probe) Close() error {
	p.Detach()
	return p.files.Close()
}

// Missing lists the places that were never found in any process.
func (p *Probe) Missing() []symbol.Spec {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []symbol.Spec
	for _, s := range p.options.Places {
		if !p.found[s] {
			list = append(list, s)
		}
	}
	for _, w := range p.options.Watches {
		if !p.found[w.Spec] {
			list = append(list, w.Spec)
		}
	}
	return list
}

// Count is a Site with its number of hits.
type Count struct {
	*Site
	Hits uint64
}

// Counts tells how often each site was hit, the most first. Sites of several processes that are
// the same place of the same file count as one.
func (p *Probe) Counts(ctx context.Context) (list []Count, err error) {
	err = p.core.Do(ctx, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		index := make(map[string]int)
		for _, s := range p.sites {
			key := s.key()
			i, ok := index[key]
			if !ok {
				i = len(list)
				index[key] = i
				list = append(list, Count{Site: s})
			}
			list[i].Hits += s.hits
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Count) int { return cmp.Compare(b.Hits, a.Hits) })
	return list, err
}

// newSite looks up what is to be said of a place.
func newSite(spec symbol.Spec, place symbol.Place) *Site {
	s := &Site{Place: place, Spec: spec, Name: place.String()}
	s.File, s.Line, _ = place.Line()
	if place.Module == nil {
		return s
	}
	_, s.golang = place.Module.File.GoFrame(place.Addr - place.Module.Bias)
	s.Where = "in " + place.Module.Name()
	if s.Line != 0 {
		s.Where = fmt.Sprintf("at %s:%d", s.File, s.Line)
	}
	return s
}

// key is the same for the same place of the same file.
func (s *Site) key() string {
	if s.Module == nil {
		return s.Place.String()
	}
	return s.Name + "\x00" + s.Module.Path + "\x00" + symbol.Spec{Absolute: true, Addr: s.Addr - s.Module.Bias}.String()
}

// first reports whether the user has not been told of something yet.
func (p *Probe) first(something string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.noticed[something]
	p.noticed[something] = true
	return !again
}

// notice tells the user of something once.
func (p *Probe) notice(something, text string) {
	if p.options.Notice != nil && p.first(something) {
		p.options.Notice(text)
	}
}

// condition is asked by the keeper of breakpoints. On the loop.
func (p *Probe) condition(r *utrace.Report, _ *breakpoint.Breakpoint) bool {
	if p.options.Condition == nil {
		return true
	}
	yes, err := p.options.Condition.Holds(r)
	if err != nil && !errors.Is(err, utrace.ErrGone) {
		p.notice("condition", err.Error()+"; that counts as false")
	}
	return yes
}

// setFound notes that a place was found.
func (p *Probe) setFound(s symbol.Spec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found[s] = true
}

// add adds a site that was found.
func (p *Probe) add(s *Site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found[s.Spec] = true
	p.sites = append(p.sites, s)
}

// hit is called on the loop. written is what was done, if s is watched.
func (p *Probe) hit(w *watched, r *utrace.Report, s *Site, written *Write) utrace.Action {
	if p.options.Limit != 0 && p.hits >= p.options.Limit {
		return utrace.Resume // until the breakpoints are gone
	}
	p.hits++
	s.hits++
	action := utrace.Resume
	if p.options.Hit != nil {
		h := Hit{Report: r, Number: p.hits, Time: time.Now(), Site: s, Write: written, Stack: w.stack(r)}
		if written == nil {
			h.Args = p.arguments(r, s)
		}
		action = p.options.Hit(&h)
	}
	if p.hits == p.options.Limit {
		close(p.stop)
	}
	return action
}

// arguments reads the arguments into a buffer that is used again.
func (p *Probe) arguments(r *utrace.Report, s *Site) []uint64 {
	p.args = p.args[:0]
	if p.options.Arguments == 0 || s.Addr != s.Symbol.Addr {
		return nil
	}
	m := machine{thread: r}
	if m.load() != nil {
		return nil
	}
	c := conventionOf(m.abi, s.golang)
	for i := range c.count(p.options.Arguments) {
		v, err := m.argument(i, c)
		if err != nil {
			break
		}
		p.args = append(p.args, v)
	}
	return p.args
}

// spec is what the keeper of breakpoints is told.
func (p *Probe) spec(w *watched, pid int, s *Site) breakpoint.Spec {
	return breakpoint.Spec{PID: pid, Addr: s.Addr, Condition: p.condition,
		Hit: func(r *utrace.Report, _ *breakpoint.Breakpoint) utrace.Action { return p.hit(w, r, s, nil) }}
}
