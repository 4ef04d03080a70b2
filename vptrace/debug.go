package vptrace

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Debug registers are words of struct user to a tracer. Each has its own, with
// the values, errors and hits that it would have alone: what they watch for are
// watches of its engine, and the core finds them a place in the processor. So
// this repeats what arch/x86/kernel/ptrace.c makes of the words.

// debugRegisters are those of one tracer for one thread.
type debugRegisters struct {
	points [4]debugPoint
	// status is dr6 without the bits that always read as ones; control is dr7.
	status, control uint64
	// sets are those of arm64, and asked what they watch for: see watchsets.go.
	sets  map[regset.Note][]byte
	asked []utrace.Watch
	// planted are the watches that the engine has.
	planted []utrace.Watch
}

// debugPoint is what the kernel keeps of one of dr0 to dr3: a perf event, whose
// length and type stay for as long as nobody writes dr7 (thread_struct.ptrace_bps).
type debugPoint struct {
	made, enabled bool
	addr          uint64
	// info is the LEN and R/W fields of dr7. size is the length on powerpc.
	info uint64
	size int
}

const (
	debugStatus, debugControl = 6, 7
	// debugOnes are the bits of dr6 that read as ones (DR6_RESERVED), and
	// debugStep is BS: a single step.
	debugOnes = 0xffff0ff0
	debugStep = 1 << 14
	// debugKept are the bits of dr7 that count (DR_CONTROL_RESERVED).
	debugKept = ^uint64(0xffffffff0000fc00)

	infoExecute, infoWrite, infoPorts, infoAccess = 0, 1, 2, 3
)

// peek reads a debug register (ptrace_get_debugreg).
func (d *debugRegisters) peek(i uint64) uint64 {
	switch {
	case i < uint64(len(d.points)):
		return d.points[i].addr
	case i == debugStatus:
		return d.status ^ debugOnes
	case i == debugControl:
		return d.control
	}
	return 0
}

// poke writes one (ptrace_set_debugreg), and says what of the watches is wrong.
func (l *link) pokeDebug(i, value uint64) error {
	next := l.debug // as it is to become, if all goes well
	switch {
	case i < uint64(len(next.points)):
		if err := next.points[i].move(value); err != nil {
			return err
		}
	case i == debugStatus:
		l.debug.status = value ^ debugOnes
		return nil
	case i == debugControl:
		if err := next.enable(value & debugKept); err != nil {
			l.debug.points = next.points // the kernel has been through it, and back
			return err
		}
		next.control = value
	default:
		return syscall.EIO
	}
	return l.setDebug(&next)
}

// setDebug has the engine watch for what the registers are going to say.
func (l *link) setDebug(next *debugRegisters) error {
	switch err := l.plantWatches(next); {
	case errors.Is(err, syscall.ENOSPC):
		return syscall.ENOSPC
	case err != nil:
		return err
	}
	l.debug = *next
	return nil
}

// move is a new address (ptrace_set_breakpoint_addr). The first one makes the
// event, for a write of a byte, switched off.
func (p *debugPoint) move(addr uint64) error {
	next := debugPoint{made: true, addr: addr, info: infoWrite}
	if p.made {
		next = *p
		next.addr = addr
	}
	if err := next.check(); err != nil {
		return err
	}
	*p = next
	return nil
}

// enable is a write of dr7 (ptrace_write_dr7): each event is changed in turn, and
// when one is refused, all are changed back to what was enabled before.
func (d *debugRegisters) enable(control uint64) error {
	before := d.enabled()
	err := d.apply(control)
	if err != nil {
		_ = d.apply(before) // it was valid
	}
	return err
}

func (d *debugRegisters) apply(control uint64) error {
	for i := range d.points {
		p := &d.points[i]
		next := debugPoint{
			made:    true,
			enabled: control>>(2*i)&3 != 0,
			addr:    p.addr,
			info:    control >> (16 + 4*i) & 15,
		}
		if !p.made && !next.enabled {
			continue
		}
		if err := next.check(); err != nil {
			return err
		}
		*p = next
	}
	return nil
}

// enabled is dr7 as it stands for what is enabled (ptrace_get_dr7).
func (d *debugRegisters) enabled() (control uint64) {
	for i, p := range d.points {
		if p.enabled {
			control |= 2<<(2*i) | p.info<<(16+4*i)
		}
	}
	return control
}

func (p *debugPoint) kind() uint64 { return p.info & 3 }

// length is that of the LEN field, if there is such a thing.
func (p *debugPoint) length() int {
	if p.size != 0 {
		return p.size
	}
	return [...]int{1, 2, 8, 4}[p.info>>2]
}

// check says what the kernel thinks of it (arch_bp_generic_fields, and
// hw_breakpoint_parse with what that calls).
func (p *debugPoint) check() error {
	n := uint64(p.length())
	switch {
	case p.kind() == infoPorts, p.kind() == infoExecute && n != 1, p.kind() != infoExecute && p.addr%n != 0:
		return syscall.EINVAL
	case p.addr >= userSpace(), p.addr+n-1 >= userSpace():
		return syscall.EINVAL
	}
	return nil
}

// userSpace is where the addresses of programs end (TASK_SIZE_MAX): it depends on
// how many levels page tables have.
var userSpace = sync.OnceValue(func() uint64 {
	bits := 47
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil && bytes.Contains(b, []byte(" la57")) {
		bits = 56
	}
	return 1<<bits - 4096
})

// watch is what the core is asked for.
func (p *debugPoint) watch() utrace.Watch {
	kind := map[uint64]regset.WatchKind{infoExecute: utrace.WatchExecute, infoWrite: utrace.WatchWrite, infoAccess: utrace.WatchAccess}
	return utrace.Watch{Kind: kind[p.kind()], Addr: p.addr, Len: p.length()}
}

// plantWatches has the engine watch for what the registers are going to say. If
// something is refused, all is as before: ENOSPC if others have what is left.
func (l *link) plantWatches(next *debugRegisters) error {
	want := slices.Clone(next.asked)
	for i := range next.points {
		if p := &next.points[i]; p.enabled && !slices.Contains(want, p.watch()) {
			want = append(want, p.watch())
		}
	}
	if err := l.replant(l.debug.planted, want); err != nil {
		// The places that were given up are free still: nobody else runs.
		_ = l.replant(want, l.debug.planted)
		return err
	}
	next.planted = want
	return nil
}

// replant goes from one set of watches to another. Some may have gone already.
func (l *link) replant(from, to []utrace.Watch) error {
	for _, w := range from {
		if !slices.Contains(to, w) {
			if err := l.engine.RemoveWatch(background, w); err != nil && !errors.Is(err, utrace.ErrNotFound) {
				return err
			}
		}
	}
	for _, w := range to {
		if err := l.engine.PlantWatch(background, w); err != nil {
			return err
		}
	}
	return nil
}

// matched sets dr6 as the debug exception would have for this tracer alone: the
// registers that have matched, and its own step (exc_debug_user).
func (l *link) matched(x *utrace.Trap) {
	switch x.Kind {
	case utrace.TrapStep, utrace.TrapBlock:
		l.debug.status = debugStep
	case utrace.TrapHardware:
		l.debug.status = 0
	default:
		return
	}
	for i := range l.debug.points {
		if p := &l.debug.points[i]; p.enabled && x.Matched(p.watch()) {
			l.debug.status |= 1 << i
		}
	}
}

// debugInfo is the siginfo of a match. If somebody has stepped, the kernel's says
// so, which is none of this tracer's business.
func debugInfo(r *utrace.Report) (info utrace.Siginfo, known bool) {
	info, err := r.TrapInfo()
	if err != nil {
		return info, false
	}
	info.SetCode(trapHwbp)
	return info, true
}
