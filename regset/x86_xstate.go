package regset

import "fmt"

// Components of extended state, as XCR0 numbers them.
const (
	compX87      = 0
	compSSE      = 1
	compAVX      = 2 // upper halves of ymm0-15
	compOpmask   = 5
	compZMMHi256 = 6 // upper halves of zmm0-15
	compHi16ZMM  = 7 // zmm16-31
	compPKRU     = 9
	compTileCfg  = 17
	compTileData = 18
)

// Places in the area: the kernel puts XCR0 into bytes that the processor
// leaves to software, and the header follows the FXSAVE area.
const (
	xcr0At     = 464
	xstateBVAt = 512
	mxcsrAt    = 24
	xmmAt      = 160
)

// xstate is the access to the XSAVE area in its standard (not compacted) form.
//
// The kernel fills components that the thread has not used with their initial
// values, and says in XSTATE_BV which those are; a component written must be
// marked there, or the kernel would put it back to its initial state.
type xstate struct{}

func (xstate) load(t Transport, buf []byte) (int, error) { return t.ReadRegset(NoteXState, buf) }

// store writes the whole area: the kernel takes nothing less (EFAULT, see
// xstateregs_set).
func (xstate) store(t Transport, s *Set, pos int, buf []byte) error {
	content, err := s.content(t)
	if err != nil {
		return err
	}
	if len(content) < max(xstateBVAt+64, pos+len(buf)) {
		return ErrRange
	}
	copy(content[pos:], buf)
	// A write of a part of the registers without the header is meant to take
	// effect.
	if pos > xstateBVAt || pos+len(buf) <= xstateBVAt {
		bits := uintLE(content[xstateBVAt : xstateBVAt+8])
		for c, place := range xstateLayout() {
			if c >= compAVX && place.size != 0 && pos < place.offset+place.size && pos+len(buf) > place.offset {
				bits |= 1 << c
			}
		}
		if pos < xmmAt {
			bits |= 1 << compX87
		}
		if pos < xcr0At && pos+len(buf) > xmmAt || pos <= mxcsrAt && pos+len(buf) > mxcsrAt {
			bits |= 1 << compSSE
		}
		putUintLE(content[xstateBVAt:xstateBVAt+8], bits&uintLE(content[xcr0At:xcr0At+8]))
	}
	return t.WriteRegset(NoteXState, content)
}

func (xstate) used(s *Set, content []byte) int {
	if len(content) < xstateBVAt+8 || uintLE(content[xstateBVAt:xstateBVAt+8]) == 0 {
		return 0
	}
	return len(content) / s.SlotSize
}

func (xstate) locate(content []byte, p piece) (at, size int, err error) {
	if len(content) < xstateBVAt+64 || uintLE(content[xcr0At:xcr0At+8])&(1<<p.component) == 0 {
		return 0, 0, ErrAbsent
	}
	if p.component <= compSSE {
		return p.offset, p.size, nil
	}
	place := xstateLayout()[p.component]
	if place.size == 0 || p.offset+p.size > place.size {
		return 0, 0, ErrAbsent
	}
	return place.offset + p.offset, p.size, nil
}

func (xstate) mark(content []byte, r *Register) {
	bits := uintLE(content[xstateBVAt : xstateBVAt+8])
	for _, p := range r.where {
		bits |= 1 << p.component
	}
	putUintLE(content[xstateBVAt:xstateBVAt+8], bits)
}

// extended lists the registers of extended state that are not in the FXSAVE
// area, for a mode with n vector registers of the old kind (and twice as many
// with AVX-512 if n is 16).
func extended(n int) []Register {
	var list []Register
	vector := func(feature, name string, dwarf int, where ...piece) {
		r := gpr(name, dwarf).of(feature, VectorGroup).as(Vector)
		for _, p := range where {
			r.Size += p.size
		}
		r.where = where
		list = append(list, r)
	}
	for i := range n {
		low, mid := piece{compSSE, xmmAt + 16*i, 16}, piece{compAVX, 16 * i, 16}
		high := piece{compZMMHi256, 32 * i, 32}
		vector("org.gnu.gdb.i386.avx", fmt.Sprintf("ymm%dh", i), -1, mid)
		vector("", fmt.Sprintf("ymm%d", i), -1, low, mid)
		vector("org.gnu.gdb.i386.avx512", fmt.Sprintf("zmm%dh", i), -1, high)
		vector("", fmt.Sprintf("zmm%d", i), -1, low, mid, high)
	}
	for i := n; n == 16 && i < 32; i++ {
		at := 64 * (i - 16)
		vector("org.gnu.gdb.i386.avx512", fmt.Sprintf("xmm%d", i), 67+i-16, piece{compHi16ZMM, at, 16})
		vector("org.gnu.gdb.i386.avx512", fmt.Sprintf("ymm%dh", i), -1, piece{compHi16ZMM, at + 16, 16})
		vector("", fmt.Sprintf("ymm%d", i), -1, piece{compHi16ZMM, at, 32})
		vector("org.gnu.gdb.i386.avx512", fmt.Sprintf("zmm%dh", i), -1, piece{compHi16ZMM, at + 32, 32})
		vector("", fmt.Sprintf("zmm%d", i), -1, piece{compHi16ZMM, at, 64})
	}
	for i := range 8 {
		dwarf := 118 + i
		if n == 8 {
			dwarf = 93 + i
		}
		vector("org.gnu.gdb.i386.avx512", fmt.Sprintf("k%d", i), dwarf, piece{compOpmask, 8 * i, 8})
		list[len(list)-1].Type = Integer
	}
	vector("org.gnu.gdb.i386.pkeys", "pkru", -1, piece{compPKRU, 0, 4})
	list[len(list)-1].Type, list[len(list)-1].Group = Flags, System
	if n == 16 {
		vector("", "tilecfg", -1, piece{compTileCfg, 0, 64})
		vector("", "tiledata", -1, piece{compTileData, 0, 8192})
	}
	return list
}

// place is where a component lies in the area, with the flags that the processor
// has for it.
type place struct {
	offset, size int
	flags        uint32
}

// XStateComponent says where a part of the extended state lies in NT_X86_XSTATE, as
// core files of Linux 6.12 and later do (NT_X86_XSAVE_LAYOUT).
type XStateComponent struct{ Number, Size, Offset, Flags uint32 }

// XStateComponents lists the components that the content of an NT_X86_XSTATE has
// beyond those of FXSAVE. Only the processor knows; so this is about threads of
// this machine.
func XStateComponents(content []byte) (list []XStateComponent) {
	if len(content) < xstateBVAt+64 {
		return nil
	}
	enabled := uintLE(content[xcr0At : xcr0At+8])
	for i, place := range xstateLayout() {
		if i >= compAVX && enabled&(1<<i) != 0 && place.size != 0 {
			list = append(list, XStateComponent{uint32(i), uint32(place.size), uint32(place.offset), place.flags})
		}
	}
	return list
}
