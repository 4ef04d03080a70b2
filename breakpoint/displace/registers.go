package displace

import (
	"encoding/binary"

	"github.com/utrace/utrace/regset"
)

// layout says where the registers that matter are in the general register set
// of a thread.
type layout struct {
	mode Mode
	size int // of the set
	word int

	pc, sp, flags int
	cx, r11       int
	// bases are rsi, rdi and rbx; see Step.chooseBase.
	bases [3]int
}

// trapFlag is TF.
const trapFlag = 1 << 8

var layouts = makeLayouts()

// makeLayouts takes the places from package regset. Where that has no x86,
// there are none.
func makeLayouts() (list []layout) {
	for _, abi := range regset.ABIs() {
		set := map[string]int{}
		for _, r := range abi.View().Sets[0].Registers {
			if offset, ok := r.Offset(); ok {
				set[r.Name] = offset
			}
		}
		l := layout{size: abi.GeneralSize()}
		switch abi.Name() {
		case "x86_64":
			l.mode, l.word = X86_64, 8
			l.pc, l.sp, l.cx, l.r11 = set["rip"], set["rsp"], set["rcx"], set["r11"]
			l.bases = [3]int{set["rsi"], set["rdi"], set["rbx"]}
		case "i386":
			l.mode, l.word = I386, 4
			l.pc, l.sp = set["eip"], set["esp"]
		default:
			continue
		}
		l.flags = set["eflags"]
		list = append(list, l)
	}
	return list
}

// layoutFor finds the layout of a thread's registers by their size.
func layoutFor(gpr []byte) *layout {
	for i := range layouts {
		if layouts[i].size == len(gpr) {
			return &layouts[i]
		}
	}
	return nil
}

func (l *layout) get(gpr []byte, at int) uint64 {
	if l.word == 4 {
		return uint64(binary.LittleEndian.Uint32(gpr[at:]))
	}
	return binary.LittleEndian.Uint64(gpr[at:])
}

func (l *layout) set(gpr []byte, at int, v uint64) {
	if l.word == 4 {
		binary.LittleEndian.PutUint32(gpr[at:], uint32(v))
		return
	}
	binary.LittleEndian.PutUint64(gpr[at:], v)
}
