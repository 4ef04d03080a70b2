// Package displace executes one instruction of x86 at another place than its
// own, as if it were there. A thread can so step past a breakpoint without the
// breakpoint being lifted, and no other thread has to wait or can slip past.
//
// Plan turns the bytes of an instruction into a Step: Code is what to put into
// a slot of SlotSize bytes. There are two ways through it:
//
//   - Most instructions are Free: Enter sends the thread there, and it comes
//     home by itself, by a jump behind the instruction. If it stops before it is
//     home, Leave takes it there.
//   - With Before the thread is sent there to make one step, and After, at the
//     very next stop of the thread, whatever that is, makes of registers and
//     memory what they were had the instruction been executed at home.
//
// Most instructions do not care where they are. Those that do:
//
//   - Operands relative to the program counter: their displacement is changed,
//     or, if the slot is too far away, the address goes through a register that
//     the instruction does not use, which After puts back.
//   - Relative branches: they lead to jumps in the slot. So no slot is too far
//     away.
//   - Calls: the return address that they push is corrected by After.
//   - The SYSCALL instruction: it leaves the program counter in rcx and the
//     flags in r11.
//   - PUSHF and POPF, which see the trap flag that the kernel steps by.
//   - Loads of SS, and instructions that the kernel emulates: the step goes one
//     instruction further. A NOP follows.
//   - String instructions with a repeat prefix: a step is one iteration.
//
// A fault names the slot where it names the instruction; Home translates. Not
// corrected is the note that the x87 unit keeps of where its last instruction
// was (FIP), which some debuggers show.
//
// What cannot be displaced is said by an error that is ErrBarred: then the
// breakpoint has to be lifted. A shadow stack of the program (CET) is not
// corrected: of a thread that has one, calls must not be displaced.
package displace
