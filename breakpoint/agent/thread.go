package agent

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Numbering says which register each of gdb's numbers stands for: the names in
// the order of the target description that gdb has been given. The zero value is
// what gdb and gdbserver use for the thread's ABI by themselves.
type Numbering []string

// standard are the numbers that gdb gives registers without a target
// description, as far as they are integers (gdb's manual, "i386 Features", and
// its order of them).
var standard = map[int]Numbering{
	8: numbering(map[int][]string{
		0: {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			"rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs"},
		32: {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"},
		56: {"mxcsr", "orig_rax", "fs_base", "gs_base"},
	}),
	4: numbering(map[int][]string{
		0:  {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags", "cs", "ss", "ds", "es", "fs", "gs"},
		24: {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"},
		40: {"mxcsr", "orig_eax"},
	}),
}

// numbering puts runs of names to their numbers.
func numbering(runs map[int][]string) Numbering {
	var n Numbering
	for first, names := range runs {
		for len(n) < first+len(names) {
			n = append(n, "")
		}
		copy(n[first:], names)
	}
	return n
}

// Thread is a Machine: the thread of a report.
type Thread struct {
	report  *utrace.Report
	names   Numbering
	general []byte // read once
}

// NewThread makes a Machine of the thread of a report, for as long as the report
// is valid.
func NewThread(r *utrace.Report, names Numbering) *Thread {
	if len(names) == 0 {
		names = standard[r.ABI().WordSize()]
	}
	return &Thread{report: r, names: names}
}

// ReadMemory implements Machine. Breakpoints do not show.
func (t *Thread) ReadMemory(addr uint64, p []byte) (int, error) { return t.report.ReadMemory(addr, p) }

// ReadRegister implements Machine.
func (t *Thread) ReadRegister(number int) (uint64, error) {
	if number >= len(t.names) || t.names[number] == "" {
		return 0, fmt.Errorf("%w: number %d", ErrRegister, number)
	}
	view := t.report.ABI().View()
	r := view.Register(t.names[number])
	if r == nil {
		return 0, fmt.Errorf("%w: %s", ErrRegister, t.names[number])
	}
	if offset, ok := r.Offset(); ok && r.Set().Note == regset.NotePRStatus && r.Size <= 8 {
		return t.generalRegister(offset, r.Size)
	}
	v, err := view.ReadUint(t.report, r.Name)
	if err != nil {
		return 0, errors.Join(ErrRegister, err)
	}
	return v, nil
}

// generalRegister reads one from the set that was read once.
func (t *Thread) generalRegister(offset, size int) (uint64, error) {
	if t.general == nil {
		b := make([]byte, t.report.ABI().GeneralSize())
		if _, err := t.report.ReadRegset(regset.NotePRStatus, b); err != nil {
			return 0, errors.Join(ErrRegister, err)
		}
		t.general = b
	}
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(t.general[offset:])), nil
	}
	return binary.LittleEndian.Uint64(t.general[offset:]), nil
}

// Holds evaluates a condition of a breakpoint: it holds if it is not 0, or, as
// gdbserver has it, if it cannot be evaluated.
func (p *Program) Holds(r *utrace.Report, names Numbering) bool {
	v, err := p.Eval(NewThread(r, names), nil)
	return v != 0 || err != nil
}
