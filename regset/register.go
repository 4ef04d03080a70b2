package regset

// Type says how the bits of a register are to be read.
type Type uint8

// The types.
const (
	Integer Type = iota
	CodePointer
	DataPointer
	Flags
	Float80 // x87 extended precision
	Vector
)

// Group is the kind of use that a debugger's "info registers" sorts by.
type Group uint8

// The groups.
const (
	General Group = iota
	Float
	VectorGroup
	System
	Debug
)

// Register is a named part of a set.
type Register struct {
	Name  string // as gdb calls it
	Size  int    // bytes
	Type  Type
	Group Group
	// DWARF is the number in debug information, -1 if there is none.
	DWARF int
	// Feature is gdb's name for the group of registers in its target
	// descriptions. It is empty for registers that gdb makes up from others.
	Feature string

	set *Set
	// where are the parts, least significant first. Only registers of extended
	// state have more than one.
	where []piece
}

// piece is where a part of a register lies.
type piece struct {
	// component of extended state that offset counts from; 0 and 1, and in
	// all other sets, it counts from the start of the set.
	component    int
	offset, size int
}

// Set is the set that the register is part of.
func (r *Register) Set() *Set { return r.set }

// Offset is the place of the register in its set, or ok is false if it has no
// fixed and contiguous place: the registers of extended state lie where the
// processor wants, in pieces.
func (r *Register) Offset() (offset int, ok bool) {
	if len(r.where) != 1 || r.where[0].component > 1 {
		return 0, false
	}
	return r.where[0].offset, true
}
