package learn

import (
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

// student learns about the calls of one ABI.
type student struct {
	dec *decode.Decoder
	abi *syscalls.ABI
	out []byte

	call *syscalls.Call
	nr   uint64
	mem  *memory
	args [6]*region

	// All experiments so far:
	extent map[access]int
	order  []access
	text   map[*region]bool
	number map[access]counted
}

// counted says that a region has as many elements as something else counts.
type counted struct {
	arg     int // the argument, or
	result  bool
	word    place // the word of memory
	element int
}

// Results that count few and many of something, in experiments.
const (
	someResult = 64
	manyResult = 1<<31 - 1
)

// Results of a failure: EINTR, after which some calls tell how far they came,
// and the number with which the kernel restarts a call.
var failures = []int64{4, 516}

// begin forgets the call before.
func (s *student) begin(c *syscalls.Call, nr uint64) {
	s.call, s.nr = c, nr
	s.mem = newMemory(s.abi.LongSize)
	for i := range s.args {
		s.args[i] = s.mem.add(&region{arg: i})
	}
	s.extent, s.order = make(map[access]int), nil
	s.text, s.number = make(map[*region]bool), make(map[access]counted)
}

// experiment is one decoding.
type experiment struct {
	values map[int]uint64 // of arguments that are no pointers
	words  map[place]uint64
	fill   func(*region) byte
	result int64
	failed bool
}

func pointers(*region) byte { return '*' }

// try decodes the call and returns what was read.
func (s *student) try(e experiment) (map[access]int, map[*region]bool) {
	m := s.mem
	m.fill, m.words = pointers, e.words
	if e.fill != nil {
		m.fill = e.fill
	}
	m.reads, m.order = make(map[access]int), nil
	m.whole, m.chunks = make(map[*region]bool), make(map[*region]bool)
	m.exit, m.failed = false, false
	c := decode.Call{ABI: s.abi, Nr: s.nr, Mem: m, Result: e.result, IsError: e.failed}
	if c.Result == 0 {
		c.Result = someResult
	}
	for i, r := range s.args {
		c.Args[i] = r.base
		if v, ok := e.values[i]; ok {
			c.Args[i] = v
		}
	}
	s.out = s.dec.Entry(s.out[:0], &c)
	m.exit, m.failed = true, e.failed
	s.out = s.dec.Exit(s.out, &c)
	s.out = s.dec.Result(s.out, &c)
	return m.reads, m.chunks
}

// note makes an experiment count.
func (s *student) note(e experiment) {
	reads, chunks := s.try(e)
	for _, a := range s.mem.order {
		if _, ok := s.extent[a]; !ok {
			s.order = append(s.order, a)
		}
		s.extent[a] = max(s.extent[a], reads[a])
	}
	for r := range chunks {
		s.text[r] = true
	}
}

// small are values that commands and flags have.
var small = []uint64{0, 1, 2, 3, 8}

// study makes the experiments for a call.
func (s *student) study() {
	letters := func(*region) byte { return 'A' }
	zeros := func(*region) byte { return 0 }
	for _, fill := range []func(*region) byte{pointers, zeros, letters} {
		s.note(experiment{fill: fill})
	}
	s.note(experiment{result: manyResult})
	for _, errno := range failures {
		s.note(experiment{result: errno, failed: true})
	}
	for i := range s.args[:min(s.call.NArgs, 6)] {
		for _, v := range small {
			s.note(experiment{values: map[int]uint64{i: v}})
		}
	}
	if c, ok := commands[s.call.Name]; ok {
		for _, v := range c.values {
			s.note(experiment{values: map[int]uint64{c.arg: v}})
		}
	}
	// What the plan has no room for need not be known so well.
	s.order = s.order[:min(len(s.order), 3*bpf.MaxReads)]
	asked := make(map[*region]bool)
	for _, a := range s.order {
		if !asked[a.r] {
			asked[a.r] = true
			s.findText(a.r)
		}
	}
	for _, a := range s.order {
		if !s.text[a.r] && s.extent[a] > manyBytes && a.r.depth() < 2 {
			s.findCount(a)
		}
	}
}

// findText decides whether a region is a string: then it is read on where it
// has no zero byte, and not where it begins with one.
func (s *student) findText(r *region) {
	fill := func(b byte) func(*region) byte {
		return func(of *region) byte {
			if of == r {
				return b
			}
			return '*'
		}
	}
	reads, chunks := s.try(experiment{fill: fill('A')})
	if !chunks[r] && !s.text[r] {
		return
	}
	for a, n := range reads {
		if a.r == r {
			s.extent[a] = max(s.extent[a], n)
		}
	}
	reads, _ = s.try(experiment{fill: fill(0)})
	s.text[r] = true
	for a, n := range reads {
		if a.r == r && n > firstPart {
			s.text[r] = false
		}
	}
}

// manyBytes is from what size on it pays to copy only as many elements as there
// are.
const manyBytes = 48

// findCount looks for what counts the elements of an array: an argument, the
// result, or a word of memory.
func (s *student) findCount(a access) {
	test := func(with func(n uint64) experiment) (element int) {
		var size [3]int
		for i := range size {
			reads, _ := s.try(with(uint64(i + 1)))
			size[i] = reads[a]
		}
		if size[0] > 0 && size[1] == 2*size[0] && size[2] == 3*size[0] {
			return size[0]
		}
		return 0
	}
	for i := range s.args[:min(s.call.NArgs, 6)] {
		if a.r == s.args[i] {
			continue
		}
		element := test(func(n uint64) experiment {
			return experiment{values: map[int]uint64{i: n}}
		})
		if element > 0 {
			s.number[a] = counted{arg: i, element: element}
			return
		}
	}
	if a.exit && !a.failed {
		element := test(func(n uint64) experiment { return experiment{result: int64(n)} })
		if element > 0 {
			s.number[a] = counted{result: true, element: element}
			return
		}
	}
	for _, b := range s.order {
		if b.exit != a.exit || b.failed != a.failed || b.r == a.r || s.text[b.r] || s.extent[b] > 128 || b.r.depth() > 1 {
			continue
		}
		for offset := 0; offset+s.mem.word <= s.extent[b]; offset += s.mem.word {
			p := place{b.r, offset}
			element := test(func(n uint64) experiment { return experiment{words: map[place]uint64{p: n}} })
			if element > 0 {
				s.number[a] = counted{word: p, element: element}
				return
			}
		}
	}
}
