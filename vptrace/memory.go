package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// see reads memory as this tracer sees it: without the breakpoints of others,
// with its own.
func (l *link) see(r *utrace.Report, addr uint64, p []byte) syscall.Errno {
	if n, err := r.ReadMemory(addr, p); n != len(p) {
		// access_process_vm in ptrace_request: all or EIO.
		if e := errnoOf(err, syscall.EIO); e == syscall.ESRCH {
			return e
		}
		return syscall.EIO
	}
	l.ownTraps(addr, p)
	return 0
}

// ownTraps puts the tracer's own breakpoints into what was read without any. One
// whose text the program has unmapped is forgotten: a debugger does not take it away,
// and may be about to plant another one in what is mapped there now.
func (l *link) ownTraps(addr uint64, p []byte) {
	traps := l.tracer.traps[l.tgid]
	for trap, insn := range traps {
		if trap+uint64(len(insn)) <= addr || addr+uint64(len(p)) <= trap {
			continue
		}
		if !l.engine.Planted(trap) {
			_ = l.engine.RemoveTrap(background, trap)
			delete(traps, trap)
			continue
		}
		for i := range len(insn) {
			if at := trap + uint64(i) - addr; at < uint64(len(p)) {
				p[at] = insn[i]
			}
		}
	}
}

func (s *Server) peek(c *call, l *link, r *utrace.Report, addr, data uint64) syscall.Errno {
	var room [8]byte
	b := room[:c.word()]
	errno := l.see(r, addr, b)
	if errno == 0 {
		errno = s.put(c, data, b)
	}
	return errno
}

// poke writes a word.
func (l *link) poke(c *call, r *utrace.Report, addr, word uint64) syscall.Errno {
	var old, want [8]byte
	n := c.word()
	if errno := l.see(r, addr, old[:n]); errno != 0 {
		return errno
	}
	binary.NativeEndian.PutUint64(want[:], word)
	return l.overwrite(r, addr, old[:n], want[:n])
}

// overwrite changes memory that the tracer sees as old. Where it puts a
// breakpoint instruction into code, or takes one of its own away, the core's
// registry does it: so breakpoints of several tracers can be at one address, and
// their traps find their owners.
func (l *link) overwrite(r *utrace.Report, addr uint64, old, want []byte) syscall.Errno {
	traps := l.tracer.traps[l.tgid]
	for i := range want {
		at := addr + uint64(i)
		mine := traps[at]
		if mine != "" {
			if n := min(len(mine), len(want)-i); string(want[i:i+n]) == mine[:n] {
				continue
			}
			if err := l.engine.RemoveTrap(background, at); err == nil {
				delete(traps, at)
			}
			continue
		}
		insn := newBreakpoint(at, old[i:], want[i:])
		if insn == "" || len(want) > longestInsn || !l.code(at) {
			continue
		}
		if err := l.engine.PlantTrap(background, at); err != nil {
			return errnoOf(err, syscall.EIO)
		}
		l.tracer.noteTrap(l.tgid, at, insn)
	}
	return l.writeAround(r, addr, want)
}

// newBreakpoint is the breakpoint instruction that is going to be written; empty
// if it is none, or was there before.
func newBreakpoint(at uint64, old, want []byte) string {
	for _, insn := range breakpoints {
		n := len(insn)
		if at%uint64(n) == 0 && len(want) >= n && string(want[:n]) == insn && string(old[:n]) != insn {
			return insn
		}
	}
	return ""
}

// trapped reports whether a byte is one of a breakpoint that the tracer has
// planted.
func (t *tracer) trapped(tgid int, addr uint64) bool {
	for i := range len(breakpoints[0]) {
		if len(t.traps[tgid][addr-uint64(i)]) > i {
			return true
		}
	}
	return false
}

// writeAround writes the bytes that are not the tracer's own traps.
func (l *link) writeAround(r *utrace.Report, addr uint64, want []byte) syscall.Errno {
	plain := make([]byte, len(want))
	if n, _ := r.ReadMemory(addr, plain); n != len(plain) {
		return syscall.EIO
	}
	text, changed := false, false
	for i := range want {
		at := addr + uint64(i)
		if l.tracer.trapped(l.tgid, at) {
			continue
		}
		original, theirs := l.tracer.overwritten(l.tgid, at)
		if theirs {
			l.tracer.noteText(l.tgid, at, original, want[i])
		}
		if plain[i] == want[i] {
			continue
		}
		if !changed {
			text = l.code(at)
		}
		if changed = true; text && !theirs {
			l.tracer.noteText(l.tgid, at, plain[i], want[i])
		}
		plain[i] = want[i]
	}
	if !changed {
		return 0
	}
	if n, _ := r.WriteMemory(addr, plain); n != len(plain) {
		return syscall.EIO
	}
	return 0
}

// shareMemory notes that a new process has the memory of its parent, with the
// breakpoints and all, until it execs.
func (t *tracer) shareMemory(parent, child int) {
	if t.traps[parent] == nil {
		t.traps[parent] = map[uint64]string{}
	}
	if t.text[parent] == nil {
		t.text[parent] = map[uint64]byte{}
	}
	t.traps[child], t.text[child] = t.traps[parent], t.text[parent]
}

// noteTrap remembers a breakpoint, and how the tracer has written it.
func (t *tracer) noteTrap(tgid int, addr uint64, insn string) {
	if t.traps[tgid] == nil {
		t.traps[tgid] = map[uint64]string{}
	}
	t.traps[tgid][addr] = insn
}

// code reports whether the address is executable: the same byte written
// elsewhere is data.
func (l *link) code(addr uint64) (executable bool) {
	_ = procfs.Maps(l.tid, func(m procfs.Mapping) bool {
		if addr < m.Start || addr >= m.End {
			return true
		}
		executable = m.Exec
		return false
	})
	return executable
}
