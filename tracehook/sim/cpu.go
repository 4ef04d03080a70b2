package sim

import (
	"fmt"
	"math"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// execute executes the instruction at the program counter: whatever is in
// memory there now, so that planted breakpoints and moved program counters
// have their effect.
func (t *thread) execute() {
	m := t.proc.mm
	pc := t.regs[rip]
	slot, _, ok := m.image.slot(pc)
	if !ok {
		t.fault(pc)
		return
	}
	if t.matchesDebug(pc) {
		return
	}
	stepping := t.stepping
	jumped := false
	code := m.code()[pc-textBase:]
	switch {
	case code[0] == 0xb8:
		t.prepare(slot, m.image.instr(slot))
		t.regs[rip] += 5
	case code[0] == 0x0f && code[1] == 0x05:
		t.trapCall()
		return // a step over it ends when the call does
	case code[0] == 0xeb:
		t.regs[rip] = t.next(slot, m.image.instr(slot))
		jumped = true
	case code[0] == 0x90:
		t.regs[rip]++
	case code[0] == 0xf3:
		t.regs[r15]--
		t.regs[rip] += 2
	case code[0] == 0xc7:
		if m.piece(t.regs[rax], true) == nil {
			t.fault(t.regs[rax])
			return
		}
		t.regs[rip] += 2
	case code[0] == 0xcc:
		t.regs[rip]++
		t.trap = pendingTrap{tracehook.TrapBreakpoint, pc}
		return
	default:
		t.forceSignal(sigILL, 1, pc)
		return
	}
	switch {
	case stepping == tracehook.Step:
		t.stepped(tracehook.TrapStep)
	case stepping == tracehook.BlockStep && jumped:
		t.stepped(tracehook.TrapBlock)
	}
}

// stepped raises the trap that a step ends with.
func (t *thread) stepped(kind tracehook.Trap) {
	t.stepping = tracehook.Run
	t.trap = pendingTrap{kind, t.regs[rip]}
}

func (t *thread) fault(addr uint64) { t.forceSignal(sigSEGV, 1, addr) }

// trapCall enters the kernel.
func (t *thread) trapCall() {
	r := &t.regs
	r[origRax] = r[rax]
	r[rip] += 2
	t.call = tracehook.SyscallInfo{Arch: auditArch, PC: r[rip], SP: r[rsp], Nr: r[origRax]}
	for i, reg := range argRegisters {
		t.call.Args[i] = r[reg]
	}
	r[rax] = result(-enosys)
	t.inSyscall = true
	t.phase = atEntry
}

// prepare is the mov of a slot: it loads number and arguments of the call, or
// does the computing of a statement that makes none.
func (t *thread) prepare(slot int, in *actor.Instr) {
	r, m := &t.regs, t.proc.mm
	r[rax] = callNumber(in)
	addr := m.image.consts[slot]
	switch in.Op {
	case actor.Write:
		if slot == len(m.image.instrs)+slotPrint {
			t.say(fmt.Sprintf("got %s %d\n", actor.SignalName(int(r[rdi])), int64(r[rsi])))
			return
		}
		r[rdi], r[rsi], r[rdx] = uint64(in.A), addr, uint64(len(in.Text))
	case actor.Result:
		t.say(in.Text + ": " + resultText(int64(r[rbx])) + "\n")
	case actor.Status:
		t.say(statusText(int64(r[rbx]), int(uint32(m.word(t.stack)))))
	case actor.Handled:
		t.say(fmt.Sprintf("%s: %d\n", actor.SignalName(int(in.A)), t.proc.handled[in.A]))
	case actor.Read:
		r[rdi], r[rsi], r[rdx] = 0, t.stack, 1
	case actor.Sleep:
		r[rdi], r[rsi] = addr, 0
	case actor.Spin:
		r[r15] = uint64(in.A)
		if in.A <= 0 {
			r[r15] = math.MaxInt64
		}
	case actor.Clone3:
		r[rdi], r[rsi] = addr, 88
	case actor.Thread:
		r[rdi] = threadFlags
	case actor.Exec, actor.Exec32, actor.Exec64:
		r[rdi], r[rsi], r[rdx] = addr, 0, 0
	case actor.Wait:
		r[rdi], r[rsi], r[rdx], r[r10] = math.MaxUint64, t.stack, 0, 0
		if in.A&actor.FlagUntraced != 0 {
			r[rdx] = wUntraced | wContinued
		}
	case actor.Handle, actor.Ignore, actor.Default:
		r[rdi], r[rsi], r[rdx], r[r10] = uint64(in.A), addr, 0, 8
	case actor.Block, actor.Unblock:
		r[rdi], r[rsi], r[rdx], r[r10] = 0, addr, 0, 8
		if in.Op == actor.Unblock {
			r[rdi] = 1
		}
	case actor.Kill:
		r[rdi], r[rsi] = uint64(t.proc.id), uint64(in.A)
	case actor.KillParent:
		r[rdi], r[rsi] = uint64(t.proc.parent.id), uint64(in.A)
	case actor.Tkill:
		r[rdi], r[rsi], r[rdx] = uint64(t.proc.id), uint64(t.id), uint64(in.A)
	case actor.Sigqueue:
		var info tracehook.Siginfo
		info.SetSigno(int(in.A))
		info.SetCode(tracehook.SiQueue)
		info.SetPID(t.proc.id)
		info.SetValue(int(in.B))
		m.write(t.stack, info[:])
		r[rdi], r[rsi], r[rdx] = uint64(t.proc.id), uint64(in.A), t.stack
	case actor.Segv:
		r[rax] = 16
	case actor.Exit, actor.ExitThread:
		r[rdi] = uint64(in.A)
	case actor.End:
		r[rdi] = 0
	case 0: // the end of a handler
		if n := len(t.frames); n > 0 {
			t.handlerRan(&t.frames[n-1])
		}
	}
}

// handlerRan counts a signal that was handled, and repairs what made the
// program fault.
func (t *thread) handlerRan(f *frame) {
	t.proc.handled[f.signal]++
	if f.signal == sigSEGV {
		f.regs[rax] = dataBase
	}
}

// say lets the write that follows write s.
func (t *thread) say(s string) {
	const room = 512
	buffer := t.stack + room
	t.proc.mm.write(buffer, []byte(s))
	t.regs[rdi], t.regs[rsi], t.regs[rdx] = 1, buffer, uint64(len(s))
}

// next is where the jump of a slot goes.
func (t *thread) next(slot int, in *actor.Instr) uint64 {
	to := slot + 1
	switch in.Op {
	case actor.Repeat:
		if in.A <= 0 {
			to = slot + in.Len + 1
			break
		}
		t.loops = append(t.loops, loopCount{slot, in.A})
	case actor.End:
		top := len(t.loops) - 1
		if actor.Op(in.A) != actor.Repeat || top < 0 {
			break
		}
		if t.loops[top].left--; t.loops[top].left > 0 {
			to = slot - in.Len + 1
		} else {
			t.loops = t.loops[:top]
		}
	case actor.Spin:
		if int64(t.regs[r15]) > 0 {
			return t.proc.mm.image.slotAddr(slot) + offCall
		}
	case actor.Fork, actor.Vfork, actor.Clone3, actor.Thread:
		if t.regs[rax] != 0 {
			to = slot + in.Len + 1
		}
	case actor.Exec, actor.Exec32, actor.Exec64:
		to = slot + in.Len + 1 // it has failed
	case actor.Result, actor.Status, actor.Handled:
	default:
		t.regs[rbx] = t.regs[rax]
	}
	if to > len(t.proc.mm.image.instrs)+slotReturn {
		to = len(t.proc.mm.image.instrs)
	}
	return t.proc.mm.image.slotAddr(to)
}
