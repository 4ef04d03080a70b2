package gdbserver

import (
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/regset"
)

// registerInfo is qRegisterInfo: one register of the layout in lldb's words. lldb
// itself reads the target description; Delve reads only such a one that consists of
// several files, or this.
func (s *session) registerInfo(dst, args []byte) ([]byte, error) {
	n, valid := rsp.Number(args)
	t, err := s.selected()
	if !valid || err != nil {
		return nil, failed
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, _ *utrace.Report) ([]byte, error) {
		if n >= uint64(len(l.registers)) {
			return nil, &rsp.Error{Code: 0x45} // lldb's, for the end of the list
		}
		r := &l.registers[n]
		encoding, format := lldbFormat(r.Register)
		dst = fmt.Appendf(dst, "name:%s;bitsize:%d;offset:%d;encoding:%s;format:%s;set:%s;",
			r.Name, 8*r.width, r.offset, encoding, format, lldbSets[r.Group])
		if r.DWARF >= 0 {
			dst = fmt.Appendf(dst, "ehframe:%d;dwarf:%d;", r.DWARF, r.DWARF)
		}
		if generic := l.machine.generic[r.Name]; generic != "" {
			dst = fmt.Appendf(dst, "generic:%s;", generic)
		}
		return dst, nil
	})
}

// lldbFormat is how lldb shows a register.
func lldbFormat(r *regset.Register) (encoding, format string) {
	switch r.Type {
	case regset.Float80:
		return "ieee754", "float"
	case regset.Vector:
		return "vector", "vector-uint8"
	}
	return "uint", "hex"
}

// lldbSets are the names of groups of registers.
var lldbSets = map[regset.Group]string{
	regset.General: "General Purpose Registers", regset.Float: "Floating Point Registers",
	regset.VectorGroup: "Vector Registers", regset.System: "System Registers", regset.Debug: "Debug Registers",
}
