package regset

import "fmt"

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
	Name string // as gdb calls it
	// Size is in bytes, or 0 if it changes with the thread's vector length.
	Size  int
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
	// all other sets, it counts from the start of the set. See arm64_sve.go for
	// the components there, whose pieces have numbers for offsets and no size.
	component    int
	offset, size int
}

// named is a register that has its feature and its place yet to come.
func named(name string, dwarf int) Register { return Register{Name: name, DWARF: dwarf} }

// numbered makes n registers of a pattern, with debug numbers from dwarf on or
// without any if that is -1.
func numbered(pattern string, n, dwarf int, more func(Register) Register) []Register {
	list := make([]Register, n)
	for i := range list {
		number := -1
		if dwarf >= 0 {
			number = dwarf + i
		}
		list[i] = more(named(fmt.Sprintf(pattern, i), number))
	}
	return list
}

func (r Register) as(t Type) Register { r.Type = t; return r }

func (r Register) of(feature string, group Group) Register {
	r.Feature, r.Group = feature, group
	return r
}

// at places a register that lies in one piece.
func (r Register) at(offset, size int) Register {
	r.Size, r.where = size, []piece{{0, offset, size}}
	return r
}

// words places registers one after the other.
func words(order []Register, size int) []Register {
	placed := make([]Register, len(order))
	for i, r := range order {
		placed[i] = r.at(i*size, size)
	}
	return placed
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
