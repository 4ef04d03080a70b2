package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/symbol"
)

// watched is a process, or a tree of them, that a probe is attached to.
type watched struct {
	probe   *Probe
	pid     int
	manager *breakpoint.Manager
	// group hears of new programs and children.
	group *utrace.Group
	tasks sync.WaitGroup

	mu sync.Mutex
	// planted has the breakpoints by process and place.
	planted map[int]map[point]*planted
	// walkers are for the stacks, by process.
	walkers map[int]*walker
}

// point is what there is one of in a process: a watchpoint can be where a
// breakpoint is.
type point struct {
	kind breakpoint.Kind
	addr uint64
	// own: it is ours, to hear of new files, whatever the user wants there.
	own bool
}

// planted is a breakpoint. A child shares it with the process that it was set in.
type planted struct {
	pid        int
	breakpoint *breakpoint.Breakpoint // nil while it is being set
	// module is the file whose data is watched.
	module *symbol.Module
}

// The dynamic linker's function that is called when its list changes, and
// glibc's struct r_debug.
var (
	linkerSpec  = symbol.Spec{Function: "_dl_debug_state"}
	linkerDebug = symbol.Spec{Function: "_r_debug"}
)

func (w *watched) attach(ctx context.Context) (err error) {
	scope := utrace.Process
	if w.probe.options.Follow {
		scope = utrace.Tree
	}
	name := utrace.WithName("break")
	w.manager, err = breakpoint.Open(ctx, w.probe.core, w.pid, scope, name)
	if err != nil {
		return err
	}
	handler := &utrace.Funcs{Exec: w.exec, Clone: w.clone, Death: w.death}
	w.group, err = w.probe.core.AttachGroup(ctx, w.pid, scope, func(*utrace.Thread) any { return handler }, name,
		utrace.WithEvents(utrace.EventExec|utrace.EventClone|utrace.EventDeath))
	if err != nil {
		w.manager.Close()
	}
	return err
}

// lookUp looks all places up, so that the files need not be read while a thread is
// held.
func (w *watched) lookUp() {
	space, err := symbol.Load(w.pid, &w.probe.files)
	if err != nil {
		return // whoever plants says that
	}
	for _, spec := range w.probe.options.Places {
		for _, place := range space.Resolve(spec, w.probe.options.Body) {
			newSite(spec, place)
		}
	}
}

// hold stops the first thread of the process until it is released, so that it does
// not execute another program while places are looked up in this one. One that
// does not stop soon executes nothing.
func (w *watched) hold(ctx context.Context) (release func()) {
	nothing := &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}
	e, err := w.probe.core.Attach(ctx, w.pid, nothing)
	if err != nil {
		return func() {} // it has ended, but other threads may not have
	}
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_ = e.Control(ctx, utrace.Stop) // that is in progress if it runs
	_ = e.WaitStopped(ctx)
	return func() { _ = e.Detach() }
}

// detach waits until nothing of it is running.
func (w *watched) detach() {
	w.manager.Close()
	w.group.Detach()
	w.tasks.Wait()
}

// exec holds the thread until the new program has its breakpoints: those of
// the old one went with it.
func (w *watched) exec(r *utrace.Report, _ int) utrace.Action {
	pid := r.Thread().Group()
	w.mu.Lock()
	delete(w.planted, pid)
	delete(w.walkers, pid)
	w.mu.Unlock()
	w.plantHeld(r.Engine(), pid, false)
	return utrace.Stop
}

// linked is called when the list of files changes. debug is where the dynamic
// linker's struct r_debug is, 0 if that is not known.
func (w *watched) linked(r *utrace.Report, debug uint64) utrace.Action {
	// Its fourth member, behind three words, says whether the change is done
	// (RT_CONSISTENT). musl calls the function only then.
	var state [4]byte
	if debug != 0 {
		r.ReadMemory(debug+3*uint64(r.ABI().WordSize()), state[:])
	}
	if state != [4]byte{} {
		return utrace.Resume
	}
	w.plantHeld(r.Engine(), r.Thread().Group(), true)
	return utrace.Stop
}

// plantHeld plants what is new in a process while one thread is held, and lets
// that go.
func (w *watched) plantHeld(e *utrace.Engine, pid int, complete bool) {
	w.tasks.Go(func() {
		ctx := context.Background()
		err := w.plant(ctx, pid, complete)
		failed := w.probe.options.Failed
		if err != nil && !errors.Is(err, utrace.ErrGone) && failed != nil && w.probe.first(err.Error()) {
			failed(err)
		}
		e.Control(ctx, utrace.Resume)
	})
}

// clone notes that a child has its parent's breakpoints.
func (w *watched) clone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	if w.probe.options.Follow && c.NewProcess() && c.Thread != nil {
		w.mu.Lock()
		w.planted[c.Thread.Group()] = maps.Clone(w.planted[r.Thread().Group()])
		if x := w.walkers[r.Thread().Group()]; x != nil {
			w.walkers[c.Thread.Group()] = x // until it loads something itself
		}
		w.mu.Unlock()
	}
	return utrace.Resume
}

func (w *watched) death(r *utrace.Report, d *utrace.Death) utrace.Action {
	if d.GroupDead {
		w.mu.Lock()
		delete(w.planted, r.Thread().Group())
		delete(w.walkers, r.Thread().Group())
		w.mu.Unlock()
	}
	return utrace.Resume
}

// plant sets the breakpoints that a process has not got yet. complete says that
// all files which the program needs to begin have been loaded.
func (w *watched) plant(ctx context.Context, pid int, complete bool) error {
	space, err := symbol.Load(pid, &w.probe.files)
	if err != nil {
		return err
	}
	w.walks(pid, space)
	w.forget(ctx, pid, space)
	if err := w.plantLinker(ctx, pid, space); err != nil {
		return err
	}
	for _, spec := range w.probe.options.Places {
		// An address is the same in every program by accident only: it is
		// meant in the one that was named.
		if spec.Absolute && spec.Module == "" && pid != w.pid {
			continue
		}
		places := space.Resolve(spec, w.probe.options.Body)
		for _, place := range places {
			if err := w.set(ctx, pid, spec, place); err != nil {
				return err
			}
		}
		if dynamic := space.Dynamic(); len(places) == 0 && pid == w.pid && (complete || !dynamic) {
			w.missing(spec, dynamic)
		}
	}
	return w.watch(ctx, pid, space, complete)
}

// plantLinker sets the breakpoint that tells of new files.
func (w *watched) plantLinker(ctx context.Context, pid int, space *symbol.Space) error {
	debug := uint64(0)
	for _, place := range space.Variables(linkerDebug) {
		debug = place.Addr
	}
	hit := func(r *utrace.Report, _ *breakpoint.Breakpoint) utrace.Action { return w.linked(r, debug) }
	for _, place := range space.Resolve(linkerSpec, false) {
		at := point{breakpoint.Software, place.Addr, true}
		if _, err := w.breakpoint(ctx, at, breakpoint.Spec{PID: pid, Addr: place.Addr, Hit: hit}, nil); err != nil {
			return err
		}
	}
	return nil
}

// missing tells that a place is not there.
func (w *watched) missing(spec symbol.Spec, dynamic bool) {
	w.probe.mu.Lock()
	found := w.probe.found[spec]
	w.probe.mu.Unlock()
	switch {
	case found:
	case dynamic:
		w.probe.notice(spec.String(), fmt.Sprintf("%v is in no file of process %d so far; waiting for one that has it", spec, w.pid))
	default:
		w.probe.notice(spec.String(), fmt.Sprintf("%v is not in process %d, which is linked statically", spec, w.pid))
	}
}

// breakpoint sets a breakpoint, unless there is one. module is for watchpoints.
func (w *watched) breakpoint(ctx context.Context, at point, spec breakpoint.Spec, module *symbol.Module) (fresh bool, err error) {
	x := &planted{pid: spec.PID, module: module}
	w.mu.Lock()
	if w.planted[spec.PID] == nil {
		w.planted[spec.PID] = make(map[point]*planted)
	}
	known := w.planted[spec.PID][at] != nil
	if !known {
		w.planted[spec.PID][at] = x
	}
	w.mu.Unlock()
	if known {
		return false, nil
	}
	b, err := w.manager.Set(ctx, spec) // waits for the loop, which may want the lock
	w.mu.Lock()
	defer w.mu.Unlock()
	if x.breakpoint = b; err != nil {
		delete(w.planted[spec.PID], at)
	}
	return err == nil, err
}

// forget removes the breakpoints of files that a process has unloaded: they may
// be loaded again, at the same address. Those that a child has from its parent
// stay, for its parent has not unloaded anything.
func (w *watched) forget(ctx context.Context, pid int, space *symbol.Space) {
	var gone []*breakpoint.Breakpoint
	w.mu.Lock()
	for at, x := range w.planted[pid] {
		stale := space.At(at.addr) == nil && !w.absolute(at.addr)
		if at.kind == breakpoint.Write {
			stale = unloaded(x.module, space)
		}
		if stale && x.pid == pid && x.breakpoint != nil {
			gone = append(gone, x.breakpoint)
			delete(w.planted[pid], at)
		}
	}
	w.mu.Unlock()
	for _, b := range gone {
		b.Remove(ctx) // or the process has ended
	}
}

// absolute reports whether the user named the address itself.
func (w *watched) absolute(addr uint64) bool {
	return slices.ContainsFunc(w.probe.options.Places, func(s symbol.Spec) bool {
		return s.Absolute && s.Module == "" && s.Addr == addr
	})
}

// set sets the breakpoint of a place.
func (w *watched) set(ctx context.Context, pid int, spec symbol.Spec, place symbol.Place) error {
	if err := whole(spec, place); err != nil {
		return fmt.Errorf("%v: %w", spec, err)
	}
	s := newSite(spec, place)
	fresh, err := w.breakpoint(ctx, point{addr: s.Addr}, w.probe.spec(w, pid, s), nil)
	if err != nil {
		return fmt.Errorf("%v: %w", spec, err)
	}
	if !fresh { // it was set before, maybe by another name
		w.probe.setFound(spec)
		return nil
	}
	if place.Symbol.Indirect && place.Addr == place.Symbol.Addr {
		w.probe.notice(spec.String(), fmt.Sprintf("%v only chooses, when the program begins, which function is %[1]v", spec))
	}
	w.probe.add(s)
	return nil
}
