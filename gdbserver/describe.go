package gdbserver

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/utrace/utrace/regset"
)

// describe is the target description (gdb's manual, "Target Descriptions") of the
// registers of a layout.
func (l *layout) describe() []byte {
	if l.description != nil {
		return l.description
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"+
		"<architecture>%s</architecture>\n<osabi>GNU/Linux</osabi>\n", l.machine.architecture)
	if l.plain {
		b.WriteString("</target>\n")
		return []byte(b.String())
	}
	feature := ""
	for i := range l.registers {
		r := &l.registers[i]
		if r.Feature != feature {
			if feature != "" {
				b.WriteString("</feature>\n")
			}
			feature = r.Feature
			fmt.Fprintf(&b, "<feature name=%q>\n%s", feature, l.machine.types[feature])
			if types := l.machine.scaled[feature]; types != nil {
				b.WriteString(types(r.width))
			}
		}
		group := ""
		if r.Group == regset.Float && r.Type != regset.Float80 && !isDouble(r.Register) {
			group = ` group="float"`
		}
		if r.Name == "mxcsr" {
			group = ` group="vector"`
		}
		fmt.Fprintf(&b, "<reg name=%q bitsize=\"%d\" type=%q%s/>\n", r.name(), 8*r.width, l.typeOf(r), group)
	}
	b.WriteString("</feature>\n</target>\n")
	l.description = []byte(b.String())
	return l.description
}

// typeOf is gdb's name for a register's type.
func (l *layout) typeOf(r *register) string {
	if name := l.machine.typed[r.Name]; name != "" {
		return name
	}
	switch {
	case r.Name == "eflags":
		return "i386_eflags"
	case r.Name == "mxcsr":
		return "i386_mxcsr"
	case r.Type == regset.CodePointer:
		return "code_ptr"
	case r.Type == regset.DataPointer:
		return "data_ptr"
	case r.Type == regset.Float80:
		return "i387_ext"
	case r.Type == regset.Vector && r.width == 32:
		return "v2ui128"
	case isDouble(r.Register):
		return "ieee_double"
	case r.Type == regset.Vector && r.Name[len(r.Name)-1] == 'h':
		return "uint128"
	case r.Type == regset.Vector:
		return "vec128"
	case r.Name == "pkru":
		return "uint32"
	case r.Name[0] == 'k':
		return "uint64"
	case r.Group == regset.Float || r.Group == regset.System:
		return "int"
	}
	return fmt.Sprintf("int%d", 8*r.width)
}

// flagsType defines a type of bits, and of fields of some: "name:2".
func flagsType(id string, bits map[int]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<flags id=%q size=\"4\">\n", id)
	for bit := range 32 {
		if name, known := bits[bit]; known {
			name, size, _ := strings.Cut(name, ":")
			more, _ := strconv.Atoi(size)
			fmt.Fprintf(&b, "<field name=%q start=\"%d\" end=\"%d\"/>\n", name, bit, bit+max(more, 1)-1)
		}
	}
	b.WriteString("</flags>\n")
	return b.String()
}

// isDouble reports whether a register holds a number of double precision: those
// are the numbered ones of floating point units that have no stack.
func isDouble(r *regset.Register) bool {
	last := r.Name[len(r.Name)-1]
	return r.Group == regset.Float && r.Type == regset.Integer && r.Size == 8 && '0' <= last && last <= '9'
}

// vec128 defines what a register of 128 bits of x86 can be seen as.
const vec128 = `<vector id="v8bf16" type="bfloat16" count="8"/>
<vector id="v8h" type="ieee_half" count="8"/>
<vector id="v4f" type="ieee_single" count="4"/>
<vector id="v2d" type="ieee_double" count="2"/>
<vector id="v16i8" type="int8" count="16"/>
<vector id="v8i16" type="int16" count="8"/>
<vector id="v4i32" type="int32" count="4"/>
<vector id="v2i64" type="int64" count="2"/>
<union id="vec128">
<field name="v8_bfloat16" type="v8bf16"/>
<field name="v8_half" type="v8h"/>
<field name="v4_float" type="v4f"/>
<field name="v2_double" type="v2d"/>
<field name="v16_int8" type="v16i8"/>
<field name="v8_int16" type="v8i16"/>
<field name="v4_int32" type="v4i32"/>
<field name="v2_int64" type="v2i64"/>
<field name="uint128" type="uint128"/>
</union>
`
