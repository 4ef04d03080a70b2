package unwind

// rule says how the caller's value of a register is found.
type rule struct {
	kind kind
	n    int64  // an offset from the CFA, or a register
	expr []byte // an expression
}

type kind uint8

const (
	unspecified kind = iota // as the ABI has it: kept
	undefined
	same
	offset      // in memory, at CFA + n
	valOffset   // CFA + n itself
	inRegister  // in register n
	expression  // in memory, where the expression says
	valExpr     // the expression itself
	cfaRegister // for the CFA: register and offset
)

// row is the rules at one address.
type row struct {
	rules     [maxRegisters]rule
	cfa       rule
	cfaOffset int64
}

// maxStates bounds DW_CFA_remember_state, maxInstructions a whole program.
const (
	maxStates       = 16
	maxInstructions = 1 << 16
)

// rowAt runs the instructions up to an address. ok is false if they make no
// sense.
func (d *fde) rowAt(addr, word uint64) (r row, ok bool) {
	m := machine{d: d, row: &r, at: d.low, target: addr, word: word, left: maxInstructions}
	if !m.run(d.cie.instructions) {
		return r, false
	}
	m.initial = r.rules
	return r, m.run(d.instructions)
}

// machine runs call frame instructions (DWARF 5, 6.4.2).
type machine struct {
	d          *fde
	row        *row
	initial    [maxRegisters]rule
	saved      []row
	at, target uint64
	word       uint64
	left       int
}

func (m *machine) set(n uint64, r rule) {
	if n = m.d.number(n); n < maxRegisters {
		m.row.rules[n] = r
	}
}

// number is where a register of the table is among ours.
func (x *cie) number(column uint64) uint64 {
	switch {
	case column == x.column:
		return uint64(x.returns)
	case column == farReturn:
		return maxRegisters // not the one that is meant there
	}
	return column
}

// run stops at the target, at the end, or at what it does not know.
func (m *machine) run(code []byte) bool {
	c := &cursor{data: code, word: m.word}
	for len(c.data) > 0 {
		if m.left--; m.left < 0 {
			return false
		}
		op := c.u8()
		low := uint64(op & 0x3f)
		switch op & 0xc0 {
		case 0x40: // DW_CFA_advance_loc
			if m.advance(low * m.d.code) {
				return true
			}
		case 0x80: // DW_CFA_offset
			m.set(low, rule{kind: offset, n: int64(c.uleb()) * m.d.data})
		case 0xc0: // DW_CFA_restore
			m.restore(low)
		default:
			done, ok := m.extended(op, c)
			if done || !ok {
				return ok
			}
		}
		if c.bad {
			return false
		}
	}
	return true
}

// advance goes to the next row, and reports whether the target is before it.
func (m *machine) advance(n uint64) bool {
	if n > m.target-m.at {
		return true
	}
	m.at += n
	return false
}

func (m *machine) restore(n uint64) {
	if n = m.d.number(n); n < maxRegisters {
		m.row.rules[n] = m.initial[n]
	}
}

// extended runs an instruction without an operand in its first byte.
func (m *machine) extended(op byte, c *cursor) (done, ok bool) {
	switch op {
	case 0x00: // nop
	case 0x01: // set_loc
		at := c.pointer(m.d.encoding&^0x70, 0)
		if at > m.target {
			return true, true
		}
		m.at = at
	case 0x02, 0x03, 0x04: // advance_loc1, 2, 4
		return m.advance(c.fixed(1<<(op-2)) * m.d.code), true
	case 0x05: // offset_extended
		m.set(c.uleb(), rule{kind: offset, n: int64(c.uleb()) * m.d.data})
	case 0x06: // restore_extended
		m.restore(c.uleb())
	case 0x07:
		m.set(c.uleb(), rule{kind: undefined})
	case 0x08: // same_value
		m.set(c.uleb(), rule{kind: same})
	case 0x09: // register
		m.set(c.uleb(), rule{kind: inRegister, n: int64(m.d.number(c.uleb()))})
	case 0x0a: // remember_state
		if len(m.saved) == maxStates {
			return false, false
		}
		m.saved = append(m.saved, *m.row)
	case 0x0b: // restore_state
		if len(m.saved) == 0 {
			return false, false
		}
		*m.row = m.saved[len(m.saved)-1]
		m.saved = m.saved[:len(m.saved)-1]
	case 0x2d: // the window of SPARC, or arm64's signed return addresses
	case 0x2e: // GNU_args_size
		c.uleb()
	case 0x2f: // GNU_negative_offset_extended
		m.set(c.uleb(), rule{kind: offset, n: -int64(c.uleb()) * m.d.data})
	case 0x10: // expression
		m.set(c.uleb(), rule{kind: expression, expr: c.block()})
	case 0x11: // offset_extended_sf
		m.set(c.uleb(), rule{kind: offset, n: c.sleb() * m.d.data})
	case 0x14: // val_offset
		m.set(c.uleb(), rule{kind: valOffset, n: int64(c.uleb()) * m.d.data})
	case 0x15: // val_offset_sf
		m.set(c.uleb(), rule{kind: valOffset, n: c.sleb() * m.d.data})
	case 0x16: // val_expression
		m.set(c.uleb(), rule{kind: valExpr, expr: c.block()})
	default:
		return false, m.defineCFA(op, c)
	}
	return false, true
}

// defineCFA runs the instructions about the canonical frame address.
func (m *machine) defineCFA(op byte, c *cursor) bool {
	r := m.row
	switch op {
	case 0x0c: // def_cfa
		r.cfa, r.cfaOffset = rule{kind: cfaRegister, n: int64(c.uleb())}, int64(c.uleb())
	case 0x0d: // def_cfa_register
		r.cfa = rule{kind: cfaRegister, n: int64(c.uleb())}
	case 0x0e: // def_cfa_offset
		r.cfaOffset = int64(c.uleb())
	case 0x0f: // def_cfa_expression
		r.cfa = rule{kind: valExpr, expr: c.block()}
	case 0x12: // def_cfa_sf
		r.cfa = rule{kind: cfaRegister, n: int64(c.uleb())}
		r.cfaOffset = c.sleb() * m.d.data
	case 0x13: // def_cfa_offset_sf
		r.cfaOffset = c.sleb() * m.d.data
	default:
		return false
	}
	return true
}
