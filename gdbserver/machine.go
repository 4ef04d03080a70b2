package gdbserver

import (
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// machine is what clients are told of an architecture, beyond what its register
// view has.
type machine struct {
	// architecture is gdb's name, triple lldb's.
	architecture, triple string
	// features are the parts of a target description that gdb knows (gdb's
	// manual, "Standard Target Features"), in its order. Clients that do not say
	// that they read descriptions assume the first few; 0: all read them.
	features []string
	assumed  int
	// order has the registers of a feature where that is not those which the view says
	// are in it, in the view's order.
	order map[string][]string
	// wider features have another one's registers as parts of theirs, and take its place
	// if the processor has them.
	wider map[string]string
	// expedited registers come with each stop.
	expedited []string
	// width is the size of a register in the protocol, where that is not the
	// one in its set; else 0.
	width func(*regset.Register) int
	// within says of register sets which other one begins with the same bytes.
	within map[regset.Note]regset.Note
	// types are the types that a feature's registers need to have defined, in
	// XML: of one feature they are not known in another.
	types map[string]string
	// scaled are those of a feature whose registers have the size that the processor
	// chooses: that of the first one in bytes.
	scaled map[string]func(size int) string
	// typed are the types of registers that have other ones than typeOf says.
	typed map[string]string
	// generic are lldb's names of registers that every architecture has one of.
	generic map[string]string
	// watchAfter: watchpoints are told of when the access has been made.
	watchAfter bool
	// threadPointer is a register, which points at struct pthread, and the
	// static blocks of thread-local variables are before it. tlsBehind: they are
	// behind it (less pointerBias), and at vector from there is the thread's
	// vector of blocks (ELF Handling For Thread-Local Storage, variant I).
	threadPointer string
	tlsBehind     bool
	pointerBias   uint64
	vector        int64
}

var machines = map[string]*machine{
	"x86_64": x8664Machine, "i386": i386Machine, "i386 call of x86_64": x8664Machine,
	"arm64": arm64Machine, "arm": armMachine, "ppc64le": ppc64leMachine,
}

// machineOf is that of a thread. Of an architecture that has none clients learn
// the general registers.
func machineOf(abi regset.ABI) *machine {
	if m := machines[abi.Name()]; m != nil {
		return m
	}
	general := abi.View().Sets[0].Registers
	return &machine{architecture: abi.Name(), triple: abi.Name() + "-unknown-linux-gnu", features: []string{general[0].Feature},
		width: func(*regset.Register) int { return 0 }}
}

// narrow makes the width function of registers with 32 bits in slots of 64.
func narrow(names ...string) func(*regset.Register) int {
	return func(r *regset.Register) int {
		for _, name := range names {
			if r.Name == name {
				return 4
			}
		}
		return 0
	}
}

// ppc64leMachine has its thread pointer 0x7000 too high, so that more of what is
// behind it is within reach.
var ppc64leMachine = &machine{
	architecture: "powerpc:common64", triple: "powerpc64le-unknown-linux-gnu",
	features: []string{"org.gnu.gdb.power.core", "org.gnu.gdb.power.fpu", "org.gnu.gdb.power.altivec", "org.gnu.gdb.power.vsx",
		"org.gnu.gdb.power.linux", "org.gnu.gdb.power.ppr", "org.gnu.gdb.power.dscr", "org.gnu.gdb.power.tar", "org.gnu.gdb.power.pmu"},
	order:     map[string][]string{"org.gnu.gdb.power.core": ppcCore()},
	expedited: []string{"r1", "r31", "pc"},
	width:     narrow("cr", "xer"), types: map[string]string{"org.gnu.gdb.power.altivec": altivec}, typed: ppcTyped(),
	generic: map[string]string{"pc": "pc", "r1": "sp", "lr": "ra", "r3": "arg1", "r4": "arg2", "r5": "arg3", "r6": "arg4",
		"r7": "arg5", "r8": "arg6", "r9": "arg7", "r10": "arg8"},
	threadPointer: "r13", tlsBehind: true, pointerBias: 0x7000, vector: -8,
}

func ppcCore() (names []string) {
	for i := range 32 {
		names = append(names, "r"+strconv.Itoa(i))
	}
	return append(names, "pc", "msr", "cr", "lr", "ctr", "xer")
}

// ppcTyped are the registers that gdb shows as numbers without a sign.
func ppcTyped() map[string]string {
	typed := map[string]string{"msr": "uint64", "cr": "uint32", "ctr": "uint64", "xer": "uint32", "ppr": "uint64", "dscr": "uint64", "tar": "uint64"}
	for i := range 32 {
		typed["r"+strconv.Itoa(i)] = "uint64"
	}
	return typed
}

// altivec defines what a vector register of powerpc can be seen as.
const altivec = `<vector id="v4f" type="ieee_single" count="4"/>
<vector id="v4i32" type="int32" count="4"/>
<vector id="v8i16" type="int16" count="8"/>
<vector id="v16i8" type="int8" count="16"/>
<union id="vec128">
<field name="uint128" type="uint128"/>
<field name="v4_float" type="v4f"/>
<field name="v4_int32" type="v4i32"/>
<field name="v8_int16" type="v8i16"/>
<field name="v16_int8" type="v16i8"/>
</union>
`

// pointer is the thread pointer of a thread that stands; 0 if it has set none,
// or nobody knows.
func (m *machine) pointer(r *utrace.Report) uint64 {
	if m.threadPointer == "" {
		return 0
	}
	v, _ := r.ABI().View().ReadUint(r, m.threadPointer)
	return v
}
