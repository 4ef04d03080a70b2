package agent

// The bytecodes (gdb's include "ax.def" numbers them so; they are a protocol).
const (
	opAdd         = 0x02
	opSub         = 0x03
	opMul         = 0x04
	opDivSigned   = 0x05
	opDivUnsigned = 0x06
	opRemSigned   = 0x07
	opRemUnsigned = 0x08
	opLsh         = 0x09
	opRshSigned   = 0x0a
	opRshUnsigned = 0x0b
	opLogNot      = 0x0e
	opBitAnd      = 0x0f
	opBitOr       = 0x10
	opBitXor      = 0x11
	opBitNot      = 0x12
	opEqual       = 0x13
	opLessSigned  = 0x14
	opLessUnsig   = 0x15
	opExt         = 0x16
	opRef8        = 0x17
	opRef16       = 0x18
	opRef32       = 0x19
	opRef64       = 0x1a
	opIfGoto      = 0x20
	opGoto        = 0x21
	opConst8      = 0x22
	opConst16     = 0x23
	opConst32     = 0x24
	opConst64     = 0x25
	opReg         = 0x26
	opEnd         = 0x27
	opDup         = 0x28
	opPop         = 0x29
	opZeroExt     = 0x2a
	opSwap        = 0x2b
	opPick        = 0x32
	opRot         = 0x33
	opPrintf      = 0x34
)

// opcode is what there is to know of a bytecode: how many bytes of operand
// follow, how many values it takes from the stack, and how many it leaves there.
// One without a name does not exist.
type opcode struct {
	name         string
	operand      int
	takes, gives int
	// refused says why it is not evaluated.
	refused string
}

const (
	tracing  = "it belongs to tracepoints"
	floating = "there is no floating point in agent expressions"
)

var opcodes = [256]opcode{
	0x01:          {name: "float", refused: floating},
	opAdd:         {"add", 0, 2, 1, ""},
	opSub:         {"sub", 0, 2, 1, ""},
	opMul:         {"mul", 0, 2, 1, ""},
	opDivSigned:   {"div_signed", 0, 2, 1, ""},
	opDivUnsigned: {"div_unsigned", 0, 2, 1, ""},
	opRemSigned:   {"rem_signed", 0, 2, 1, ""},
	opRemUnsigned: {"rem_unsigned", 0, 2, 1, ""},
	opLsh:         {"lsh", 0, 2, 1, ""},
	opRshSigned:   {"rsh_signed", 0, 2, 1, ""},
	opRshUnsigned: {"rsh_unsigned", 0, 2, 1, ""},
	0x0c:          {name: "trace", refused: tracing},
	0x0d:          {name: "trace_quick", operand: 1, refused: tracing},
	opLogNot:      {"log_not", 0, 1, 1, ""},
	opBitAnd:      {"bit_and", 0, 2, 1, ""},
	opBitOr:       {"bit_or", 0, 2, 1, ""},
	opBitXor:      {"bit_xor", 0, 2, 1, ""},
	opBitNot:      {"bit_not", 0, 1, 1, ""},
	opEqual:       {"equal", 0, 2, 1, ""},
	opLessSigned:  {"less_signed", 0, 2, 1, ""},
	opLessUnsig:   {"less_unsigned", 0, 2, 1, ""},
	opExt:         {"ext", 1, 1, 1, ""},
	opRef8:        {"ref8", 0, 1, 1, ""},
	opRef16:       {"ref16", 0, 1, 1, ""},
	opRef32:       {"ref32", 0, 1, 1, ""},
	opRef64:       {"ref64", 0, 1, 1, ""},
	0x1b:          {name: "ref_float", refused: floating},
	0x1c:          {name: "ref_double", refused: floating},
	0x1d:          {name: "ref_long_double", refused: floating},
	0x1e:          {name: "l_to_d", refused: floating},
	0x1f:          {name: "d_to_l", refused: floating},
	opIfGoto:      {"if_goto", 2, 1, 0, ""},
	opGoto:        {"goto", 2, 0, 0, ""},
	opConst8:      {"const8", 1, 0, 1, ""},
	opConst16:     {"const16", 2, 0, 1, ""},
	opConst32:     {"const32", 4, 0, 1, ""},
	opConst64:     {"const64", 8, 0, 1, ""},
	opReg:         {"reg", 2, 0, 1, ""},
	opEnd:         {"end", 0, 0, 0, ""},
	opDup:         {"dup", 0, 1, 2, ""},
	opPop:         {"pop", 0, 1, 0, ""},
	opZeroExt:     {"zero_ext", 1, 1, 1, ""},
	opSwap:        {"swap", 0, 2, 2, ""},
	0x2c:          {name: "getv", operand: 2, refused: tracing},
	0x2d:          {name: "setv", operand: 2, refused: tracing},
	0x2e:          {name: "tracev", operand: 2, refused: tracing},
	0x2f:          {name: "tracenz", refused: tracing},
	0x30:          {name: "trace16", operand: 2, refused: tracing},
	opPick:        {"pick", 1, 0, 1, ""},
	opRot:         {"rot", 0, 3, 3, ""},
	opPrintf:      {"printf", 3, 0, 0, ""}, // the format follows
}
