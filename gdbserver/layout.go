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
	machine   *machine
	plain     bool
	registers []register
	// sets are those that the registers are in.
	sets []*regset.Set
	// contents are buffers for them, each of its size.
	contents [][]byte
	// within is, by set, the one that begins with the same bytes and is read anyway; -1.
	within []int
	// size is the length of all registers together.
	size int
	// expedited are the registers of stop replies: frame, stack and program
	// counter.
	expedited []int
	// description is the target description, made when it is asked for.
	description []byte
	numbering   agent.Numbering
	general     []byte
	values      values
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

// newLayout makes the layout for a thread as it stands: of the registers that its
// processor has. plain is for clients that are not told and assume something.
func newLayout(abi regset.ABI, t regset.Transport, plain bool) *layout {
	m := machineOf(abi)
	plain = plain && m.assumed > 0
	features := m.features
	if plain {
		features = features[:m.assumed]
	}
	l := &layout{abi: abi, machine: m, plain: plain, general: make([]byte, abi.GeneralSize())}
	contents := map[*regset.Set][]byte{}
	for i, feature := range features {
		var order []string
		if i == 0 {
			order = m.core
		}
		for _, r := range featureRegisters(abi.View(), feature, order) {
			content, known := contents[r.Set()]
			if !known {
				content = readSet(r.Set(), t)
				contents[r.Set()] = content
			}
			if _, err := r.AppendTo(nil, content); err != nil {
				continue // the processor has not got it
			}
			l.add(r)
		}
	}
	for _, set := range l.sets {
		l.contents = append(l.contents, make([]byte, len(contents[set])))
		whole := m.within[set.Note]
		l.within = append(l.within, slices.IndexFunc(l.sets, func(s *regset.Set) bool { return whole != 0 && s.Note == whole }))
	}
	for i, r := range l.registers {
		if slices.Contains(m.expedited, r.Name) {
			l.expedited = append(l.expedited, i)
		}
	}
	return l
}

// featureRegisters lists the registers of a feature: in the given order or, if
// there is none, as they lie in the register sets.
func featureRegisters(view *regset.View, feature string, order []string) (list []*regset.Register) {
	for _, name := range order {
		if r := view.Register(name); r != nil {
			list = append(list, r)
		}
	}
	if order != nil {
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

func (l *layout) add(r *regset.Register) {
	set := slices.Index(l.sets, r.Set())
	if set < 0 {
		set = len(l.sets)
		l.sets = append(l.sets, r.Set())
	}
	width := r.Size
	if narrow := l.machine.width(r); narrow != 0 {
		width = narrow
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

// zero is a g packet of registers that are no more.
func (l *layout) zero(dst []byte) []byte {
	for range 2 * l.size {
		dst = append(dst, '0')
	}
	return dst
}
