package learn

import (
	"slices"
	"sync"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

// callsPerABI bounds the numbers of calls, as in package bpf.
const callsPerABI = 512

// x32Bit is __X32_SYSCALL_BIT (asm/unistd.h).
const x32Bit = 0x40000000

// number is how an ABI's own call of this number is made.
func number(abi *syscalls.ABI, nr int) uint64 {
	if abi == syscalls.X32 {
		return uint64(nr) | x32Bit
	}
	return uint64(nr)
}

// known is the table of this architecture.
var known = sync.OnceValues(func() (map[*syscalls.ABI][]plans, error) { return read(table) })

// Plan returns what to copy for each call that is wanted, for bpf.Monitor. The
// options are those with which the calls will be decoded. An error says that
// this program was not made as it should have been.
func Plan(opts decode.Options, wanted func(abi *syscalls.ABI, nr uint64) bool) (func(abi bpf.ABI, nr int) bpf.Call, error) {
	known, err := known()
	if err != nil {
		return nil, err
	}
	native := syscalls.Native()
	return func(abi bpf.ABI, nr int) bpf.Call {
		if int(abi) >= len(native) || nr >= callsPerABI {
			return bpf.Call{}
		}
		of := native[abi]
		n := number(of, nr)
		if !wanted(of, n) {
			return bpf.Call{Unwanted: true}
		}
		return known[of][nr].at(variant(opts, of, n))
	}, nil
}

// plan studies a call and says what to copy. Of one that no table has, nothing
// is known.
func (s *student) plan(nr uint64) bpf.Call {
	c, ok := s.abi.Lookup(nr)
	if !ok {
		return bpf.Call{}
	}
	s.begin(c, nr)
	s.study()
	entry, exit := planner{student: s}, planner{student: s, exit: true}
	for _, a := range s.order {
		if a.phase == atEntry {
			entry.read(a.r)
		} else {
			exit.read(a.r)
		}
	}
	if buffer, ok := whole[c.Name]; ok {
		exit.reads = exit.reads[:0]
		for skip := 0; skip < wholeSize; skip += bpf.MaxRead {
			exit.reads = append(exit.reads, bpf.Read{Base: bpf.Arg(buffer), Skip: skip, Most: bpf.MaxRead, Count: bpf.Result(), Element: 1})
		}
	}
	return bpf.Call{Entry: entry.reads, Exit: exit.reads}
}

// whole are the calls whose buffer is read as far as the result says, in steps
// of which the memory itself says how wide they are: entries of directories.
var whole = map[string]int{"getdents": 1, "getdents64": 1}

// wholeSize is how much of them is copied: all that one record has room for.
const wholeSize = 32 << 10

// planner puts the reads of one phase into an order in which each comes after
// what its address is taken from.
type planner struct {
	*student
	exit  bool
	reads []bpf.Read
	done  []*region // of the reads
}

// size is how far a region is read in this phase, after success or failure.
func (p *planner) size(r *region) (n int, onFailure bool) {
	if !p.exit {
		return p.extent[access{atEntry, r}], false
	}
	n = p.extent[access{atExit, r}]
	if failed, ok := p.extent[access{afterFailure, r}]; ok {
		n, onFailure = max(n, failed), true
	}
	return n, onFailure
}

// read plans the copying of a region and returns its index, or -1 if it has no
// place any more.
func (p *planner) read(r *region) int {
	if i := slices.Index(p.done, r); i >= 0 {
		return i
	}
	base := bpf.StackPointer()
	if r.arg != stackPointer {
		base = bpf.Arg(r.arg)
	}
	if r.parent != nil {
		i := p.read(r.parent)
		if i < 0 || p.reads[i].String {
			return -1
		}
		if p.reads[i].Most < r.offset+p.mem.word {
			return -1
		}
		base = bpf.Word(i, r.offset, p.mem.word)
	}
	n, onFailure := p.size(r)
	if n == 0 || len(p.reads) == bpf.MaxReads {
		return -1
	}
	read := bpf.Read{String: p.text[r], Base: base, Most: min(n, bpf.MaxRead), OnFailure: onFailure}
	if c, ok := p.count(r); ok && !onFailure {
		switch {
		case c.result:
			read.Count, read.Element = bpf.Result(), c.element
		case c.word.r == nil:
			read.Count, read.Element = bpf.Arg(c.arg), c.element
		default:
			if i := p.read(c.word.r); i >= 0 && i < len(p.reads) {
				read.Count, read.Element = bpf.Word(i, c.word.offset, p.mem.word), c.element
			}
		}
	}
	if len(p.reads) == bpf.MaxReads {
		return -1
	}
	p.reads = append(p.reads, read)
	p.done = append(p.done, r)
	return len(p.reads) - 1
}

func (p *planner) count(r *region) (counted, bool) {
	when := atEntry
	if p.exit {
		when = atExit
	}
	c, ok := p.number[access{when, r}]
	return c, ok
}
