package utrace

// Stepper knows how to execute an instruction away from its home: in a slot, a
// few bytes of executable memory. With one, threads step off planted traps
// without the traps being lifted, and without waiting for each other. Package
// host has one for the machines that it knows.
//
// Its methods are called on the loop, for a thread that is stopped. The Report is
// for looking at it; there is no engine behind it.
type Stepper interface {
	// Room finds memory for slots in the thread's address space, if possible near
	// addr: it can be executed, has nothing but zeros (slots do not show), and
	// the program has no use for it. size 0: there is none. What it returns is
	// remembered by its start.
	Room(r *Report, addr uint64) (start uint64, size int)
	// SlotSize is the size of a slot, up to 64.
	SlotSize() int
	// Plan prepares to execute the instruction that code begins with, whose
	// home is addr, in a slot. An error says why it cannot be; then the trap
	// is lifted, as without a Stepper.
	Plan(r *Report, code []byte, addr, slot uint64) (Detour, error)
	// Shows reports whether a step of the instruction that code begins with
	// would show in what it does, and does not on a detour.
	Shows(r *Report, code []byte) bool
}

// Detour is the way of one instruction through its slot. Any number of threads
// may be on it at a time.
type Detour interface {
	// Code is what the slot has to hold.
	Code() []byte
	// Len is the length of the instruction at home. What follows does not matter.
	Len() int
	// Free: a thread comes home by itself. Others have to be stepped.
	Free() bool
	// Calls: the step ends at the entry of a system call.
	Calls() bool
	// Enter changes the thread's general registers, which are going to be
	// written back, so that it executes the slot when it is resumed: to make
	// one step, or freely.
	Enter(gpr []byte, trip *Trip, step bool) error
	// Leave makes of the registers, and of the stack, what they were had the
	// instruction been executed at home. It is called at the first stop after
	// Enter, of whatever kind. done: the instruction is over. changed: the
	// registers have to be written back. Errors are about memory.
	Leave(r *Report, gpr []byte, trip *Trip, step bool) (done, changed bool, err error)
	// Home translates an address in the slot to what stands for it at home,
	// and leaves others alone.
	Home(addr uint64) uint64
}

// Trip is room for what a Detour has to remember of a thread between Enter and
// Leave.
type Trip [2]uint64
