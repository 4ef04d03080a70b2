package utrace

import "bytes"

// What the core has put into the memory of a program does not show in what is
// read through the core, and what is written there goes beneath it.

// patch is a piece of memory that the core has changed.
type patch struct {
	addr     uint64
	planted  []byte // nil: nothing
	original []byte
}

// maxPatch is the length of the longest patch, and maxTrap that of the longest
// breakpoint instruction.
const (
	maxPatch = 64
	maxTrap  = 4
)

// overlap returns the first and the last but one of the offsets in data, which
// is at addr, that the patch covers.
func (p *patch) overlap(addr uint64, data []byte) (lo, hi uint64, ok bool) {
	end, pend := addr+uint64(len(data)), p.addr+uint64(len(p.planted))
	if end <= p.addr || pend <= addr || p.planted == nil {
		return 0, 0, false
	}
	return max(addr, p.addr) - addr, min(end, pend) - addr, true
}

// hide puts the original bytes into data that was read from addr, unless
// something else is there by now: the program may have mapped another file.
func (p *patch) hide(addr uint64, data []byte) {
	lo, hi, ok := p.overlap(addr, data)
	if !ok {
		return
	}
	at := addr + lo - p.addr
	if part := data[lo:hi]; bytes.Equal(part, p.planted[at:][:hi-lo]) {
		copy(part, p.original[at:])
	}
}

// present reports whether the patch is still in memory.
func (p *patch) present(t *Thread) bool {
	now := t.core.code[:len(p.planted)]
	n, _ := t.task.ReadMemory(p.addr, now)
	return n == len(now) && bytes.Equal(now, p.planted)
}

// undo puts the original bytes back. Where the program has unmapped the patch,
// or has written over it, there is nothing to do.
func (p *patch) undo(t *Thread) error {
	if !p.present(t) {
		return nil
	}
	_, err := t.task.WriteMemory(p.addr, p.original)
	return err
}

// readMemory reads with the original bytes in place of what is planted.
func (t *Thread) readMemory(addr uint64, data []byte) (int, error) {
	n, err := t.task.ReadMemory(addr, data)
	t.space.mask(addr, data[:n])
	return n, err
}

// mask overlays the original bytes on memory that was read.
func (s *Space) mask(addr uint64, data []byte) {
	if s == nil {
		return
	}
	if len(data)+maxTrap < len(s.traps) { // a few bytes, and many traps
		for a := range uint64(len(data) + maxTrap - 1) {
			if p := s.traps[addr+a-(maxTrap-1)]; p != nil {
				p.hide(addr, data)
			}
		}
	} else {
		for _, p := range s.traps {
			p.hide(addr, data)
		}
	}
	for _, r := range s.rooms {
		if addr < r.start+uint64(r.size) && r.start < addr+uint64(len(data)) {
			for _, x := range r.slots {
				x.hide(addr, data)
			}
		}
	}
}

// writeMemory writes around what is planted: what is under it changes, and it
// stays.
func (t *Thread) writeMemory(addr uint64, data []byte) (int, error) {
	s := t.space
	if s == nil || !s.hasTraps() && !s.hasSlots() {
		return t.task.WriteMemory(addr, data)
	}
	out := data
	for _, p := range s.traps {
		if _, _, ok := p.overlap(addr, data); !ok || p != s.lifted && !p.present(t) {
			continue
		}
		out = p.writeUnder(addr, data, out, p == s.lifted)
		s.core.options.Journal.TextChanged(p.process, p.addr, p.original)
	}
	s.everySlot(func(x *slot) {
		if _, _, ok := x.overlap(addr, data); ok && x.present(t) {
			out = x.writeUnder(addr, data, out, false)
		}
	})
	return t.task.WriteMemory(addr, out)
}

// writeUnder changes the original bytes to what is written at addr, and returns
// what has to be written instead: out, or a copy of it. A patch that is lifted
// is not in the way.
func (p *patch) writeUnder(addr uint64, data, out []byte, lifted bool) []byte {
	lo, hi, _ := p.overlap(addr, data)
	at := addr + lo - p.addr
	copy(p.original[at:], data[lo:hi])
	if lifted {
		return out
	}
	if &out[0] == &data[0] {
		out = bytes.Clone(data)
	}
	copy(out[lo:hi], p.planted[at:])
	return out
}
