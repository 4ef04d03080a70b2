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
// processor has. plain is for clients that are not told and assume something, narrow
// for those that do not find one register in another.
func newLayout(abi regset.ABI, t regset.Transport, plain, narrow bool) *layout {
	m := machineOf(abi)
	plain = plain && m.assumed > 0
	features := m.features
	if plain {
		features = features[:m.assumed]
	}
	l := &layout{abi: abi, machine: m, plain: plain, general: make([]byte, abi.GeneralSize())}
	contents := map[*regset.Set][]byte{}
	replaced := map[string]bool{}
	for _, feature := range features {
		if replaced[feature] || narrow && m.wider[feature] != "" {
			continue
		}
		for i, r := range featureRegisters(abi.View(), feature, m.order[feature]) {
			content, known := contents[r.Set()]
			if !known {
				content = readSet(r.Set(), t)
				contents[r.Set()] = content
			}
			value, err := r.AppendTo(nil, content)
			if err != nil { // the processor has not got it
				if i == 0 && m.wider[feature] != "" {
					break
				}
				continue
			}
			l.add(r, len(value))
			replaced[m.wider[feature]] = true
		}
	}
	for _, set := range l.sets {
		// What only the kernel knows the size of can grow.
		l.contents = append(l.contents, make([]byte, len(contents[set])+set.SlotSize))
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

// featureRegisters lists the registers of a feature: those that are named or, if none
// are, as they lie in the register sets.
func featureRegisters(view *regset.View, feature string, order []string) (list []*regset.Register) {
	for _, name := range order {
		if r := view.Register(name); r != nil {
			list = append(list, partOf(r, feature))
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

// partOf is a register as one of a feature that it does not say it is in.
func partOf(r *regset.Register, feature string) *regset.Register {
	if r.Feature == feature {
		return r
	}
	other := *r
	other.Feature = feature
	return &other
}

// add adds a register whose size is now that.
func (l *layout) add(r *regset.Register, size int) {
	set := slices.Index(l.sets, r.Set())
	if set < 0 {
		set = len(l.sets)
		l.sets = append(l.sets, r.Set())
	}
	width := size
	if narrow := l.machine.width(r); narrow != 0 {
		width = narrow
	}
	l.registers = append(l.registers, register{r, set, width, l.size})
	l.size += width
}

// read reads a set as it is, into the layout's buffer; nil if that fails.
func (l *layout) read(set int, t regset.Transport) []byte {
	for {
		n, err := l.sets[set].Get(t, 0, l.contents[set])
		switch {
		case err != nil:
			return nil
		case n < len(l.contents[set]) || n > maxSet:
			return l.contents[set][:n]
		}
		l.contents[set] = make([]byte, 2*n) // there may be more by now
	}
}

// maxSet is more than any register set has.
const maxSet = 1 << 20

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
	switch {
	case r.Name == "ftag" && r.Size == 1:
		full := fullTag(dst[begin], content)
		dst = append(dst[:begin], byte(full), byte(full>>8))
	case r.Name == vectorGranules:
		dst = appendGranules(dst[:begin], dst[begin:])
	}
	for len(dst)-begin < r.width {
		dst = append(dst, 0)
	}
	return dst[:begin+r.width], nil
}

// store puts a value of the protocol into the content of the register's set.
func (r *register) store(content, value []byte) error {
	switch {
	case r.Name == "ftag" && r.Size == 1:
		value = []byte{abridgedTag(uint16(value[0]) | uint16(value[1])<<8)}
	case r.Name == vectorGranules:
		return r.keep(content, value)
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
