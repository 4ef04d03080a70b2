package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/utrace/utrace/internal/actor"
)

// slotSize is how many bytes of text an instruction of the script takes: a mov
// that prepares, at 5 the system call (or what stands for it), at 7 a jump to
// the slot that is next.
const (
	slotSize = 16
	offCall  = 5
	offJump  = 7
)

// Slots after those of the script.
const (
	slotExit   = iota // what a script does at its end
	slotPrint         // a handler that says what it got
	slotReturn        // a handler that does nothing, and the return from both
	extraSlots
)

// image is a program: a script as text and constants. It never changes.
type image struct {
	instrs []actor.Instr
	text   []byte
	// consts has, for a slot, the address of its constant: a text, a sigset,
	// a timespec, the argument of sigaction, clone3 or execve.
	consts []uint64
	// programs are the blocks of exec statements, by slot, made when needed.
	programs map[int]*image
}

// encoding is the machine code of a slot at its start and at offCall. The
// rest are no-ops, and a jump.
func encoding(op actor.Op) (start, call []byte) {
	const (
		mov     = 0xb8
		nop     = 0x90
		syscall = 0x05
	)
	start = []byte{mov, 0, 0, 0, 0}
	switch op {
	case actor.Repeat:
		return start, []byte{nop, nop}
	case actor.Spin:
		return start, []byte{0xf3, nop} // pause
	case actor.Segv:
		return start, []byte{0xc7, 0x00} // a store to where rax points
	case actor.Int3:
		return []byte{0xcc, nop, nop, nop, nop}, []byte{nop, nop}
	}
	return start, []byte{0x0f, syscall}
}

func newImage(instrs []actor.Instr) *image {
	img := &image{instrs: instrs, programs: make(map[int]*image)}
	n := len(instrs)
	img.text = make([]byte, (n+extraSlots)*slotSize)
	img.consts = make([]uint64, n+extraSlots)
	for i := range n + extraSlots {
		slot := img.text[i*slotSize : (i+1)*slotSize]
		for j := range slot {
			slot[j] = 0x90
		}
		in := img.instr(i)
		start, call := encoding(in.Op)
		if in.Op == actor.End && actor.Op(in.A) == actor.Repeat {
			start, call = encoding(actor.Repeat)
		}
		copy(slot, start)
		copy(slot[offCall:], call)
		slot[offJump], slot[offJump+1] = 0xeb, slotSize-offJump-2
		if start[0] == 0xb8 {
			binary.LittleEndian.PutUint32(slot[1:], uint32(callNumber(in)))
		}
	}
	for i := range n {
		img.addConst(i, &instrs[i])
	}
	return img
}

// addConst puts the constant of an instruction behind the code.
func (img *image) addConst(i int, in *actor.Instr) {
	var words []uint64
	switch in.Op {
	case actor.Write:
		img.consts[i] = img.end()
		img.text = append(append(img.text, in.Text...), 0)
		return
	case actor.Exec, actor.Exec32, actor.Exec64:
		img.consts[i] = img.end()
		img.text = append(fmt.Appendf(img.text, "actor/%d", i), 0)
		return
	case actor.Sleep:
		words = []uint64{uint64(in.A) / 1000, uint64(in.A) % 1000 * 1e6}
	case actor.Block, actor.Unblock:
		words = []uint64{1 << (in.A - 1)}
	case actor.Clone3:
		words = make([]uint64, 11) // struct clone_args, with exit_signal
		words[4] = sigCHLD
	case actor.Ignore:
		words = []uint64{sigIgn, 0, 0, 0}
	case actor.Default:
		words = []uint64{sigDfl, 0, 0, 0}
	case actor.Handle:
		slot := slotReturn
		if in.B&actor.FlagPrint != 0 {
			slot = slotPrint
		}
		words = []uint64{img.slotAddr(len(img.instrs) + slot), 0, 0, 0}
		if in.B&actor.FlagRestart != 0 {
			words[1] = saRestart
		}
	default:
		return
	}
	img.consts[i] = img.end()
	for _, word := range words {
		img.text = binary.LittleEndian.AppendUint64(img.text, word)
	}
}

func (img *image) end() uint64 { return textBase + uint64(len(img.text)) }

func (img *image) slotAddr(i int) uint64 { return textBase + uint64(i)*slotSize }

// Instructions of the slots after the script.
var (
	exitInstr   = actor.Instr{Op: actor.Exit}
	printInstr  = actor.Instr{Op: actor.Write}
	returnInstr = actor.Instr{}
)

// instr is the instruction of slot i.
func (img *image) instr(i int) *actor.Instr {
	switch i - len(img.instrs) {
	case slotExit:
		return &exitInstr
	case slotPrint:
		return &printInstr
	case slotReturn:
		return &returnInstr
	}
	return &img.instrs[i]
}

// slot finds the slot of a program counter; ok is false outside of the code.
func (img *image) slot(pc uint64) (i, off int, ok bool) {
	at := pc - textBase // an address below is a large number
	if at/slotSize >= uint64(len(img.instrs)+extraSlots) {
		return 0, 0, false
	}
	return int(at / slotSize), int(at % slotSize), true
}

// program is the image of the block of the exec statement in slot i.
func (img *image) program(i int) *image {
	if img.programs[i] == nil {
		img.programs[i] = newImage(img.instrs[i+1 : i+img.instrs[i].Len])
	}
	return img.programs[i]
}
