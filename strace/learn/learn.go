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

	decoded decode.Call
	call    *syscalls.Call
	nr      uint64
	mem     *memory
	args    [6]*region
	sp      *region

	// What all experiments so far have shown:
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

// stackPointer is the arg of a region that no argument points to.
const stackPointer = 6

// begin forgets the call before.
func (s *student) begin(c *syscalls.Call, nr uint64) {
	s.call, s.nr = c, nr
	s.mem = newMemory(s.abi.LongSize)
	for i := range s.args {
		s.args[i] = s.mem.add(&region{arg: i})
	}
	s.sp = s.mem.add(&region{arg: stackPointer})
	s.extent, s.order = make(map[access]int), nil
	s.text, s.number = make(map[*region]bool), make(map[access]counted)
}

// experiment is one decoding.
type experiment struct {
	arg    int    // an argument, from 1, that is not a pointer but
	place  place  // a word of memory, or, if it is not zero, that has
	value  uint64 // this value
	fill   func(*region) byte
	result int64
	failed bool
}

func pointers(*region) byte { return '*' }

// try decodes the call; the memory then knows what was read.
func (s *student) try(e experiment) {
	m := s.mem
	m.begin()
	m.fill, m.place, m.value = pointers, e.place, e.value
	if e.fill != nil {
		m.fill = e.fill
	}
	c := &s.decoded
	*c = decode.Call{ABI: s.abi, Nr: s.nr, Mem: m, SP: s.sp.base, Result: e.result, IsError: e.failed}
	if c.Result == 0 {
		c.Result = someResult
	}
	for i, r := range s.args {
		c.Args[i] = r.base
	}
	if e.arg > 0 {
		c.Args[e.arg-1] = e.value
	}
	s.out = s.dec.Entry(s.out[:0], c)
	m.phase = atExit
	if e.failed {
		m.phase = afterFailure
	}
	s.out = s.dec.Exit(s.out, c)
	s.out = s.dec.Result(s.out, c)
}

// note makes an experiment count.
func (s *student) note(e experiment) {
	s.try(e)
	for _, a := range s.mem.order {
		if _, ok := s.extent[a]; !ok {
			s.order = append(s.order, a)
		}
		s.extent[a] = max(s.extent[a], a.r.seen[a.phase])
		s.text[a.r] = s.text[a.r] || a.r.text
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
			s.note(experiment{arg: i + 1, value: v})
		}
	}
	if c, ok := commands[s.call.Name]; ok {
		for _, v := range c.values {
			s.note(experiment{arg: c.arg + 1, value: v})
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
	if len(s.order) > bpf.MaxReads {
		return // of arrays of arrays, only the first have a place in the plan
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
	s.try(experiment{fill: fill('A')})
	if !r.text && !s.text[r] {
		return
	}
	for _, a := range s.mem.order {
		if a.r == r {
			s.extent[a] = max(s.extent[a], r.seen[a.phase])
		}
	}
	s.try(experiment{fill: fill(0)})
	s.text[r] = max(r.seen[atEntry], r.seen[atExit], r.seen[afterFailure]) <= firstPart
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
			s.try(with(uint64(i + 1)))
			size[i] = a.r.seen[a.phase]
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
			return experiment{arg: i + 1, value: n}
		})
		if element > 0 {
			s.number[a] = counted{arg: i, element: element}
			return
		}
	}
	if a.phase == atExit {
		element := test(func(n uint64) experiment { return experiment{result: int64(n)} })
		if element > 0 {
			s.number[a] = counted{result: true, element: element}
			return
		}
	}
	for _, b := range s.order {
		if b.phase != a.phase || b.r == a.r || s.text[b.r] || s.extent[b] > 128 || b.r.depth() > 1 {
			continue
		}
		for offset := 0; offset+s.mem.word <= s.extent[b]; offset += s.mem.word {
			p := place{b.r, offset}
			element := test(func(n uint64) experiment { return experiment{place: p, value: n} })
			if element > 0 {
				s.number[a] = counted{word: p, element: element}
				return
			}
		}
	}
}
