package displace

// The shapes of instructions, by opcode: what follows the opcode decides the
// length. Sources: the opcode maps of the processor manuals (Intel volume 2,
// appendix A; AMD volume 3, appendix A).
//
//	.  nothing          m  ModRM            c  ModRM that always names registers
//	b  imm8             B  ModRM imm8       j  a displacement of 8 bits
//	z  imm16 or imm32   Z  ModRM and z      J  a displacement of 16 or 32 bits
//	w  imm16            v  z or imm64       o  an address
//	e  imm16 imm8       f  z and imm16      q  ModRM; with 66 or F2 imm8 imm8, too
//	g  ModRM, with an imm8 for TEST (/0, /1)    G  the same with z
//	P  prefix or escape x  undefined        X  pop, or XOP
//	V  VEX, in 32-bit mode LES and LDS      E  EVEX, in 32-bit mode BOUND
//
// A shape after "-" in the list below is for 32-bit mode only: the opcode is
// undefined in 64-bit mode.
//
//	s - .    S - B    a - b    F - f

// oneByte is the primary map.
const oneByte = "" +
	"mmmmbzss" + "mmmmbzsP" + // 00
	"mmmmbzss" + "mmmmbzss" + // 10
	"mmmmbzPs" + "mmmmbzPs" + // 20
	"mmmmbzPs" + "mmmmbzPs" + // 30
	"........" + "........" + // 40: REX in 64-bit mode
	"........" + "........" + // 50
	"ssEmPPPP" + "zZbB...." + // 60
	"jjjjjjjj" + "jjjjjjjj" + // 70
	"BZSBmmmm" + "mmmmmmmX" + // 80
	"........" + "..F....." + // 90
	"oooo...." + "bz......" + // a0
	"bbbbbbbb" + "vvvvvvvv" + // b0
	"BBw.VVBZ" + "e.w..bs." + // c0
	"mmmmaas." + "mmmmmmmm" + // d0
	"jjjjbbbb" + "JJFj...." + // e0
	"P.PP..gG" + "......mm" // f0

// twoByte is the map behind 0F.
const twoByte = "" +
	"mmmmx..." + "..x.xm.B" + // 00
	"mmmmmmmm" + "mmmmmmmm" + // 10
	"ccccxxxx" + "mmmmmmmm" + // 20
	"......x." + "PxPxxxxx" + // 30
	"mmmmmmmm" + "mmmmmmmm" + // 40
	"mmmmmmmm" + "mmmmmmmm" + // 50
	"mmmmmmmm" + "mmmmmmmm" + // 60
	"BBBBmmm." + "qmxxmmmm" + // 70
	"JJJJJJJJ" + "JJJJJJJJ" + // 80
	"mmmmmmmm" + "mmmmmmmm" + // 90
	"...mBmmm" + "...mBmmm" + // a0
	"mmmmmmmm" + "mmBmmmmm" + // b0
	"mmBmBBBm" + "........" + // c0
	"mmmmmmmm" + "mmmmmmmm" + // d0
	"mmmmmmmm" + "mmmmmmmm" + // e0
	"mmmmmmmm" + "mmmmmmmm" // f0

// The maps behind 0F 38 and 0F 3A are uniform.
const (
	map38 = 'm'
	map3A = 'B'
)
