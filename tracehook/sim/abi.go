package sim

import (
	"encoding/binary"

	"github.com/utrace/utrace/regset"
)

// machineABI is the ABI of the simulated processor: x86_64. Where regset does
// not have that, because the tests run on another machine, our own stands in.
var machineABI = func() regset.ABI {
	if abi, err := regset.ABIFor(generalSize, auditArch); err == nil {
		return abi
	}
	return machine{}
}()

// machine is as much of x86_64 as scripts need.
type machine struct{}

func (machine) Name() string       { return "x86_64" }
func (machine) AuditArch() uint32  { return auditArch }
func (machine) WordSize() int      { return 8 }
func (machine) GeneralSize() int   { return generalSize }
func (machine) View() *regset.View { return &machineView }

var machineView = regset.View{Name: "x86_64"}

func reg(gpr []byte, i int) uint64       { return binary.LittleEndian.Uint64(gpr[i*8:]) }
func setReg(gpr []byte, i int, v uint64) { binary.LittleEndian.PutUint64(gpr[i*8:], v) }

func (machine) PC(gpr []byte) uint64       { return reg(gpr, rip) }
func (machine) SetPC(gpr []byte, v uint64) { setReg(gpr, rip, v) }
func (machine) SP(gpr []byte) uint64       { return reg(gpr, rsp) }
func (machine) SetSP(gpr []byte, v uint64) { setReg(gpr, rsp, v) }

func (machine) SyscallNumber(gpr []byte) uint64        { return reg(gpr, origRax) }
func (machine) SetSyscallNumber(gpr []byte, nr uint64) { setReg(gpr, origRax, nr) }
func (machine) Arg(gpr []byte, i int) uint64           { return reg(gpr, argRegisters[i]) }
func (machine) SetArg(gpr []byte, i int, v uint64)     { setReg(gpr, argRegisters[i], v) }
func (machine) Result(gpr []byte) int64                { return int64(reg(gpr, rax)) }
func (machine) SetResult(gpr []byte, v int64)          { setReg(gpr, rax, uint64(v)) }

func (machine) Skip(gpr []byte, result int64) {
	setReg(gpr, origRax, noCall)
	setReg(gpr, rax, uint64(result))
}

func (machine) Restart(gpr []byte) {
	setReg(gpr, rax, reg(gpr, origRax))
	setReg(gpr, rip, reg(gpr, rip)-2)
	setReg(gpr, origRax, noCall)
}

func (machine) BreakpointInsn() []byte        { return []byte{0xcc} }
func (machine) BreakpointPC(pc uint64) uint64 { return pc - 1 }

func (machine) IsSyscallInsn(code []byte) (int, bool) {
	return 2, len(code) >= 2 && code[0] == 0x0f && code[1] == 0x05
}
