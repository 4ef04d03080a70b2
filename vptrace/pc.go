package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Several tracers can hold a thread at once, and debuggers move its program
// counter: off to a copy of an instruction, and back, by an offset. So each sees
// it where the thread stopped until it sets it itself, whatever the others do
// meanwhile. At a breakpoint that is behind the instruction, where the hardware
// leaves it; the core has it at the instruction.

// general reads the general registers. How to read them their size says: a
// thread changes its word size with its code segment.
func general(r *utrace.Report, b []byte) (gpr []byte, abi regset.ABI, err error) {
	n, err := r.ReadRegset(ntPRStatus, b)
	if err != nil {
		return nil, nil, err
	}
	abi, err = regset.ABIFor(n, 0)
	return b[:n], abi, err
}

// pc is where the thread is.
func pc(r *utrace.Report) (uint64, bool) {
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if err != nil {
		return 0, false
	}
	return abi.PC(gpr), true
}

// setPC moves it.
func setPC(r *utrace.Report, to uint64) {
	var b [512]byte
	if gpr, abi, err := general(r, b[:]); err == nil {
		abi.SetPC(gpr, to)
		_ = r.WriteRegset(ntPRStatus, gpr)
	}
}

// shown is the program counter as the tracer sees it.
func (l *link) shown(r *utrace.Report, real uint64) uint64 {
	switch {
	case l.seen != 0:
		return l.seen
	case l.trapAddr != 0 && real == l.trapAddr:
		return behind(r.ABI(), real)
	}
	return real
}

// behind is where the hardware leaves the program counter at a breakpoint: on
// some architectures behind the instruction, on others at it.
func behind(abi regset.ABI, breakpoint uint64) uint64 {
	return 2*breakpoint - abi.BreakpointPC(breakpoint)
}

// showPC puts the program counter that the tracer sees into its registers.
func (l *link) showPC(r *utrace.Report, abi regset.ABI, gpr []byte) {
	if l.seen == 0 && l.trapAddr == 0 {
		return
	}
	abi.SetPC(gpr, l.shown(r, abi.PC(gpr)))
}

// set notes that the tracer sets the program counter, and returns what it has to
// be: as it is, if the tracer gives back what it has seen.
func (l *link) set(r *utrace.Report, to uint64) uint64 {
	real, ok := pc(r)
	if !ok || to == l.shown(r, real) {
		return real
	}
	if l.comesBackAlone(real, to) {
		l.away, l.seen, l.trapAddr = excursion{}, to, 0
		return real
	}
	for _, t := range l.tracer.s.tracers {
		if o := t.links[l.tid]; o != nil && o != l && o.state == stopped {
			o.seen = o.shown(r, real)
		}
	}
	from := real
	switch { // it may be in a copy that another tracer has sent it to
	case l.trapAddr != 0:
		from = l.trapAddr
	case l.seen != 0:
		from = l.seen
	}
	l.seen, l.trapAddr = 0, 0
	l.moved(from, to)
	return to
}
