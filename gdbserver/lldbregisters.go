package gdbserver

import (
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/regset"
)

// registerInfo is qRegisterInfo: one register of the layout in lldb's words. lldb
// itself reads the target description; Delve reads only such a one that consists of
// several files, or this.
func (s *session) registerInfo(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseLookup(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, _ *utrace.Report) ([]byte, error) {
		if x.Value >= uint64(len(l.registers)) {
			return nil, &rsp.Error{Code: 0x45} // lldb's, for the end of the list
		}
		r := &l.registers[x.Value]
		encoding, format := lldbFormat(r.Register)
		var info rsp.Pairs
		info.Add("name", r.name())
		info.Add("bitsize", strconv.Itoa(8*r.width)) // these are decimal
		info.Add("offset", strconv.Itoa(r.offset))
		info.Add("encoding", encoding)
		info.Add("format", format)
		info.Add("set", lldbSets[r.Group])
		if r.DWARF >= 0 {
			info.Add("ehframe", strconv.Itoa(r.DWARF))
			info.Add("dwarf", strconv.Itoa(r.DWARF))
		}
		if generic := l.machine.generic[r.Name]; generic != "" {
			info.Add("generic", generic)
		}
		return info.AppendTo(dst), nil
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
