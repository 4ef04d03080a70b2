package gdbserver

import (
	"slices"

	"github.com/utrace/utrace/breakpoint/agent"
	"github.com/utrace/utrace/regset"
)

// layout says in which order, and how wide, the registers of a process are in the
// protocol. The target description tells the client.
type layout struct {
	abi       regset.ABI
	plain     bool
	registers []register
	// sets are those that the registers are in.
	sets []*regset.Set
	// contents are buffers for them, each of its size.
	contents [][]byte
	// size is the length of all registers together.
	size int
	// expedited are the registers of stop replies: frame, stack and program
	// counter.
	expedited []int
	// description is the target description, made when it is asked for.
	description []byte
	numbering   agent.Numbering
	general     []byte
}

// names are the names of the registers by number.
func (l *layout) names() agent.Numbering {
	if l.numbering == nil {
		for i := range l.registers {
			l.numbering = append(l.numbering, l.registers[i].Name)
		}
	}
	return l.numbering
}

// register is one register of the protocol.
type register struct {
	*regset.Register
	// set is its index in layout.sets.
	set int
	// width is its length in the protocol. What the set has more is cut off,
	// what it has less is zero.
	width int
	// offset is its place in a g packet.
	offset int
}

// features are the parts of a target description that gdb knows of x86 (gdb's
// manual, "i386 Features"), in its order.
var features = []string{
	"org.gnu.gdb.i386.core", "org.gnu.gdb.i386.sse", "org.gnu.gdb.i386.linux", "org.gnu.gdb.i386.segments",
	"org.gnu.gdb.i386.avx", "org.gnu.gdb.i386.avx512", "org.gnu.gdb.i386.pkeys",
}

// coreOrder are the registers of the first feature in gdb's order, which every
// client knows. Those of the others follow each other as their sets have them.
var coreOrder = map[int][]string{
	8: {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		"rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs",
		"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7",
		"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop",
	},
	4: {
		"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
		"eip", "eflags", "cs", "ss", "ds", "es", "fs", "gs",
		"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7",
		"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop",
	},
}

var expeditedNames = map[int][]string{8: {"rbp", "rsp", "rip"}, 4: {"ebp", "esp", "eip"}}

// newLayout makes the layout for a thread as it stands: of the registers that its
// processor has. plain is for clients that are not told and assume something: the
// registers up to those of SSE, and what Linux adds.
func newLayout(abi regset.ABI, t regset.Transport, plain bool) *layout {
	features := features
	if plain {
		features = features[:4]
	}
	l := &layout{abi: abi, plain: plain, general: make([]byte, abi.GeneralSize())}
	view := abi.View()
	contents := map[*regset.Set][]byte{}
	for _, feature := range features {
		for _, r := range featureRegisters(view, feature, abi.WordSize()) {
			content, known := contents[r.Set()]
			if !known {
				content = readSet(r.Set(), t)
				contents[r.Set()] = content
			}
			if _, err := r.AppendTo(nil, content); err != nil {
				continue // the processor has not got it
			}
			l.add(r, abi.WordSize())
		}
	}
	for _, set := range l.sets {
		l.contents = append(l.contents, make([]byte, len(contents[set])))
	}
	for i, r := range l.registers {
		if slices.Contains(expeditedNames[abi.WordSize()], r.Name) {
			l.expedited = append(l.expedited, i)
		}
	}
	return l
}

// featureRegisters lists the registers of a feature in the order of the protocol.
func featureRegisters(view *regset.View, feature string, word int) (list []*regset.Register) {
	if feature == features[0] {
		for _, name := range coreOrder[word] {
			if r := view.Register(name); r != nil {
				list = append(list, r)
			}
		}
		return list
	}
	for _, set := range view.Sets {
		for i := range set.Registers {
			r := &set.Registers[i]
			if r.Feature == feature && view.Register(r.Name) == r {
				list = append(list, r)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *regset.Register) int { return rank(a) - rank(b) })
	return list
}

// rank brings registers of one kind together: the sets of extended state have all
// parts of one vector register side by side.
func rank(r *regset.Register) int {
	switch {
	case r.Name == "mxcsr":
		return 1 << 8
	case r.Type == regset.Vector && r.Name[0] == 'x':
		return 0
	case r.Type == regset.Vector && r.Name[0] == 'y':
		return 1
	case r.Name[0] == 'k':
		return 2
	}
	return 3
}

func (l *layout) add(r *regset.Register, word int) {
	set := slices.Index(l.sets, r.Set())
	if set < 0 {
		set = len(l.sets)
		l.sets = append(l.sets, r.Set())
	}
	width := r.Size
	switch {
	case r.Feature != features[0] && r.Name != "mxcsr":
	case r.Name == "eflags" || len(r.Name) == 2 && r.Name[1] == 's' || r.Group == regset.Float && r.Type != regset.Float80:
		width = 4
	}
	l.registers = append(l.registers, register{r, set, width, l.size})
	l.size += width
}

// read reads a set as it is, into the layout's buffer; nil if that fails.
func (l *layout) read(set int, t regset.Transport) []byte {
	n, err := l.sets[set].Get(t, 0, l.contents[set])
	if err != nil {
		return nil
	}
	return l.contents[set][:n]
}

// readSet reads a set as it is; nil if the machine has not got it.
func readSet(s *regset.Set, t regset.Transport) []byte {
	size, err := s.Size(t)
	if err != nil {
		return nil
	}
	content := make([]byte, size)
	n, err := s.Get(t, 0, content)
	if err != nil {
		return nil
	}
	return content[:n]
}

// bytes appends the value of a register as the protocol has it.
func (r *register) bytes(dst, content []byte) ([]byte, error) {
	begin := len(dst)
	dst, err := r.AppendTo(dst, content)
	if err != nil {
		return dst[:begin], err
	}
	if r.Name == "ftag" && r.Size == 1 {
		full := fullTag(dst[begin], content)
		dst = append(dst[:begin], byte(full), byte(full>>8))
	}
	for len(dst)-begin < r.width {
		dst = append(dst, 0)
	}
	return dst[:begin+r.width], nil
}

// store puts a value of the protocol into the content of the register's set.
func (r *register) store(content, value []byte) error {
	if r.Name == "ftag" && r.Size == 1 {
		value = []byte{abridgedTag(uint16(value[0]) | uint16(value[1])<<8)}
	}
	old, err := r.AppendTo(nil, content)
	if err != nil {
		return err
	}
	copy(old, value)
	return r.Store(content, old)
}

// fullTag makes the tag word of the x87 of the one that FXSAVE keeps, which has a
// bit for each register that is not empty (Intel's manual, volume 1, "FXSAVE").
func fullTag(abridged byte, area []byte) (tag uint16) {
	const (
		valid, zero, special, empty = 0, 1, 2, 3

		statusAt, registersAt = 2, 32
	)
	top := int(area[statusAt+1]>>3) & 7
	for i := range 8 {
		kind := uint16(empty)
		if abridged&(1<<i) != 0 {
			st := area[registersAt+16*((i-top)&7):][:10]
			exponent := uint16(st[8]) | uint16(st[9]&0x7f)<<8
			fraction := slices.ContainsFunc(st[:8], func(b byte) bool { return b != 0 })
			switch {
			case exponent == 0x7fff:
				kind = special
			case exponent == 0 && !fraction:
				kind = zero
			case exponent != 0 && st[7]&0x80 != 0:
				kind = valid
			default:
				kind = special
			}
		}
		tag |= kind << (2 * i)
	}
	return tag
}

func abridgedTag(tag uint16) (abridged byte) {
	for i := range 8 {
		if tag>>(2*i)&3 != 3 {
			abridged |= 1 << i
		}
	}
	return abridged
}

// unavailable is what a register without a value is in a g packet.
func unavailable(dst []byte, width int) []byte {
	for range 2 * width {
		dst = append(dst, 'x')
	}
	return dst
}
