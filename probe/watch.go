package probe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/symbol"
)

// Watch is memory that is watched for writes: a variable, or an address.
type Watch struct {
	Spec symbol.Spec
	// Len is how many bytes. 0 means all of the variable, 8 at an address.
	Len int
}

// maxWatch bounds Len. Debug registers can watch less (four times 8 bytes on
// x86-64), and say so.
const maxWatch = 128

// ParseWatch parses a Watch: a variable (counter, counter+8, libc.so:environ) or
// an address (*0x404010), and maybe a colon and the number of bytes.
func ParseWatch(text string) (w Watch, err error) {
	place := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		if n, err := strconv.Atoi(text[i+1:]); err == nil {
			if n < 1 || n > maxWatch {
				return w, fmt.Errorf("watch %q: from 1 to %d bytes can be watched", text, maxWatch)
			}
			place, w.Len = text[:i], n
		}
	}
	if w.Spec, err = symbol.ParseSpec(place); err != nil {
		return w, fmt.Errorf("watch %w", err)
	}
	if w.Spec.File != "" || w.Spec.Absolute && w.Spec.Module != "" {
		return w, fmt.Errorf("watch %q: neither a variable nor an address in memory", text)
	}
	return w, nil
}

// Write is what a thread has done to memory that is watched.
type Write struct {
	// Was and Now are the bytes before and after. Another thread may have
	// written meanwhile. They are valid until Hit returns.
	Was, Now []byte
	// By is behind the instruction that wrote.
	By symbol.Place
}

// number is the bytes as a number where that makes sense, in the order of memory
// otherwise.
func number(b []byte) string {
	switch len(b) {
	case 1, 2, 4, 8:
		return fmt.Sprintf("%#x", little(b))
	}
	return fmt.Sprintf("% x", b)
}

// places are where a Watch is in a process, and how long it is there.
func (x *Watch) places(space *symbol.Space) []symbol.Place {
	if x.Spec.Absolute {
		return []symbol.Place{{Addr: x.Spec.Addr}}
	}
	return space.Variables(x.Spec)
}

// length is how many bytes are watched at a place.
func (x *Watch) length(place symbol.Place) int {
	switch {
	case x.Len != 0:
		return x.Len
	case x.Spec.Offset < place.Symbol.Size:
		return int(min(place.Symbol.Size-x.Spec.Offset, maxWatch+1)) // too long, then, is refused
	}
	return 8
}

// watch sets the watchpoints that a process has not got yet.
func (w *watched) watch(ctx context.Context, pid int, space *symbol.Space, complete bool) error {
	for _, x := range w.probe.options.Watches {
		if x.Spec.Absolute && pid != w.pid {
			continue
		}
		places := x.places(space)
		for _, place := range places {
			if err := w.setWatch(ctx, pid, &x, place); err != nil {
				return err
			}
		}
		if dynamic := space.Dynamic(); len(places) == 0 && pid == w.pid && (complete || !dynamic) {
			w.missing(x.Spec, dynamic)
		}
	}
	return nil
}

// setWatch sets the watchpoint of a place.
func (w *watched) setWatch(ctx context.Context, pid int, x *Watch, place symbol.Place) error {
	s := &Site{Place: place, Spec: x.Spec, Name: x.Spec.String()}
	if place.Module != nil {
		s.Where = "in " + place.Module.Name()
	}
	at := point{kind: breakpoint.Write, addr: place.Addr}
	fresh, err := w.breakpoint(ctx, at, breakpoint.Spec{
		PID: pid, Kind: breakpoint.Write, Addr: place.Addr, Len: x.length(place), Condition: w.probe.condition,
		Hit: func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action { return w.written(r, s, b) },
	}, place.Module)
	if err != nil {
		return fmt.Errorf("%v: %w", x.Spec, err)
	}
	if fresh {
		w.probe.add(s)
	} else {
		w.probe.setFound(x.Spec)
	}
	return nil
}

// written is called on the loop.
func (w *watched) written(r *utrace.Report, s *Site, b *breakpoint.Breakpoint) utrace.Action {
	m := machine{thread: r}
	if m.load() != nil {
		return utrace.Resume // it is dying
	}
	x := &Write{By: symbol.Place{Addr: m.abi.PC(m.gpr)}}
	x.Was, x.Now = b.Values()
	w.mu.Lock()
	walker := w.walkers[r.Thread().Group()]
	w.mu.Unlock()
	if walker != nil {
		x.By = walker.space.Locate(x.By.Addr)
	}
	return w.probe.hit(w, r, s, x)
}

// unloaded reports whether a file is not among those of a process any more.
func unloaded(m *symbol.Module, space *symbol.Space) bool {
	return m != nil && !slices.ContainsFunc(space.Modules, func(x *symbol.Module) bool {
		return x.Path == m.Path && x.Bias == m.Bias
	})
}
