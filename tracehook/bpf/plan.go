package bpf

import (
	"encoding/binary"
	"fmt"

	"github.com/utrace/utrace/tracehook"
)

// ABI is a way of making system calls that this architecture has.
type ABI int

// The ABIs. Native is the architecture's own, Compat that of its 32-bit
// predecessor, and X32 that of x86-64 with short pointers, whose numbers are
// given without the bit that marks them.
const (
	Native ABI = iota
	Compat
	X32
)

// callsPerABI bounds the numbers of calls. Those beyond share the plan of the
// last one.
const callsPerABI = 512

// Call says what to report of one system call, and what to copy of the memory
// that its arguments point to. The zero value reports it and copies nothing.
type Call struct {
	// Unwanted leaves the call out.
	Unwanted bool
	// Conditions must all hold of the arguments, or the call is left out.
	Conditions []Condition
	// Results says which results are wanted. With AnyResult both records of
	// a call are made as it happens; with the others they are made together
	// when it has ended, the first with the time at which it began.
	Results Results
	// StopAt stops the thread that makes the how many-th of these calls: see
	// Observer.Claim. 0 stops none.
	StopAt uint32
	// Entry and Exit are what to copy when the call begins and ends, in
	// this order.
	Entry, Exit []Read
}

// Results is a set of results, by whether the kernel calls them an error.
type Results uint8

// The sets of results. A call that does not end has none.
const (
	AnyResult Results = iota
	Successes
	Failures
)

// Condition compares an argument. Its kind is one of those below.
type Condition struct {
	// Arg is the argument, from 0.
	Arg  int
	Kind ConditionKind
	// Not makes the opposite of it.
	Not bool
	// Mask and Value are what it is compared with.
	Mask, Value uint64
	// Prefix is what a string begins with.
	Prefix string
}

// ConditionKind is how an argument is compared.
type ConditionKind uint8

// The kinds of conditions: Equal holds if the bits in Mask are those of Value, Less
// and More compare without sign. HasPrefix holds of a pointer to a string that
// begins with Prefix, and of one that cannot be read when the call begins.
const (
	Equal ConditionKind = iota + 1
	Less
	More
	HasPrefix
)

// Limits of a Call.
const (
	// MaxReads is how many reads Entry and Exit may have.
	MaxReads = 48
	// MaxConditions is how many conditions there may be.
	MaxConditions = 4
	// MaxPrefix is how long a prefix may be.
	MaxPrefix = 63
	// MaxRead is how many bytes one read may copy; all reads of a phase
	// together copy 32 KiB at most.
	MaxRead = 4096
)

// Read copies one piece of memory.
type Read struct {
	// String copies up to a zero byte, which is included.
	String bool
	// Base is where the address comes from.
	Base Source
	// Skip is how many bytes are left out at the beginning, if Base is an
	// argument: more than MaxRead bytes take several reads.
	Skip int
	// Most is the number of bytes at most. With Count, it is Element bytes
	// for each of the number that Count gives, but not more than Most.
	Most    int
	Count   Source
	Element int
	// OnFailure has it done, at exit, if the call has failed too.
	OnFailure bool
}

// Source is where a number comes from. The zero value is nowhere.
type Source struct {
	from   uint8 // as in capture.h, plus 1
	offset uint16
	size   uint8
}

// Arg is the value of an argument, from 0.
func Arg(n int) Source { return Source{from: uint8(n) + 1} }

// StackPointer is the stack pointer. It can only be a Base.
func StackPointer() Source { return Source{from: nowhere + 1} }

// Result is what the call has returned. It is 0 at entry and after a failure.
func Result() Source { return Source{from: 6 + 1} }

// Word is what an earlier Read of the same phase has copied, by its index: the
// size bytes (4 or 8) at the offset.
func Word(read, offset, size int) Source {
	return Source{from: uint8(firstRead + read + 1), offset: uint16(offset), size: uint8(size)}
}

// The layout of struct call_plan.
const (
	planHeader    = 8
	conditionSize = 24 + MaxPrefix + 1
	readSize      = 16
	planSize      = planHeader + MaxConditions*conditionSize + 2*MaxReads*readSize
)

// encode writes the call as the programs read it.
func (c *Call) encode(to []byte) error {
	clear(to)
	if c.Unwanted {
		return nil
	}
	switch {
	case len(c.Conditions) > MaxConditions:
		return fmt.Errorf("%d conditions: %w", len(c.Conditions), tracehook.ErrInvalid)
	case len(c.Entry) > MaxReads || len(c.Exit) > MaxReads:
		return fmt.Errorf("%d and %d reads: %w", len(c.Entry), len(c.Exit), tracehook.ErrInvalid)
	case c.Results > Failures:
		return fmt.Errorf("results %d: %w", c.Results, tracehook.ErrInvalid)
	}
	to[0], to[1], to[2] = 1, uint8(len(c.Conditions)), onSuccess|onFailure
	if c.Results != AnyResult {
		to[2], to[3] = uint8(c.Results), 1
	}
	binary.NativeEndian.PutUint32(to[4:], c.StopAt)
	to = to[planHeader:]
	for i := range c.Conditions {
		if err := c.Conditions[i].encode(to[i*conditionSize:]); err != nil {
			return err
		}
	}
	to = to[MaxConditions*conditionSize:]
	for i, list := range [][]Read{c.Entry, c.Exit} {
		for j := range list {
			at := to[(i*MaxReads+j)*readSize:]
			if err := list[j].encode(at, j, i == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// Which results something is done for; also the values of Results.
const (
	onSuccess = 1
	onFailure = 2
)

func (c *Condition) encode(to []byte) error {
	if c.Arg < 0 || c.Arg > 5 || c.Kind < Equal || c.Kind > HasPrefix || len(c.Prefix) > MaxPrefix {
		return fmt.Errorf("condition %+v: %w", *c, tracehook.ErrInvalid)
	}
	to[0], to[1], to[3] = uint8(c.Kind), uint8(c.Arg), uint8(len(c.Prefix))
	if c.Not {
		to[2] = 1
	}
	binary.NativeEndian.PutUint64(to[8:], c.Mask)
	binary.NativeEndian.PutUint64(to[16:], c.Value)
	copy(to[24:], c.Prefix)
	return nil
}

// nowhere is FROM_NOWHERE of a count, and the stack pointer as a base. What reads
// have copied counts from firstRead.
const (
	nowhere   = 7
	firstRead = 64
)

func (r *Read) encode(to []byte, index int, entry bool) error {
	if !r.Base.valid(index) || r.Count.from != 0 && (!r.Count.valid(index) || r.Count == StackPointer() || r.Element < 1 || r.Element > MaxRead) ||
		r.Most < 1 || r.Most > MaxRead || r.Skip < 0 || r.Skip > 0xffff || r.Skip > 0 && r.Base.from > 7 {
		return fmt.Errorf("read %+v: %w", *r, tracehook.ErrInvalid)
	}
	to[0] = 1
	if r.String {
		to[0] = 2
	}
	to[1], to[2], to[3] = r.Base.from-1, nowhere, onSuccess
	if !entry && r.OnFailure {
		to[3] |= onFailure
	}
	if r.Count.from != 0 {
		to[2] = r.Count.from - 1
	}
	binary.NativeEndian.PutUint16(to[4:], r.Base.offset+uint16(r.Skip)) // one of them is 0
	binary.NativeEndian.PutUint16(to[6:], r.Count.offset)
	binary.NativeEndian.PutUint16(to[8:], uint16(r.Element))
	binary.NativeEndian.PutUint16(to[10:], uint16(r.Most))
	to[12], to[13] = r.Base.size, r.Count.size
	return nil
}

// valid reports whether a source can be used by the read with this index.
func (s Source) valid(index int) bool {
	switch from := int(s.from) - 1; {
	case from < 0:
		return false
	case from <= nowhere:
		return true
	default:
		return from >= firstRead && from-firstRead < index && (s.size == 4 || s.size == 8)
	}
}
