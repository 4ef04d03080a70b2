package api

// Registers asks for registers of a thread that is stopped for the attachment:
// by name, or a whole set by its note type (elf.h, NT_*).
type Registers struct {
	Attachment int      `json:"attachment"`
	Thread     int      `json:"thread"`
	Names      []string `json:"names,omitempty"`
	Note       uint32   `json:"note,omitempty"`
}

// RegisterValues are registers that were read.
type RegisterValues struct {
	// ABI names the register layout.
	ABI string `json:"abi"`
	// Values are by name, in hexadecimal, the most significant digit first.
	Values map[string]string `json:"values,omitempty"`
	// Data is the set, as PTRACE_GETREGSET has it.
	Data []byte `json:"data,omitempty"`
}

// SetRegisters writes registers: by name, or the beginning of a set.
type SetRegisters struct {
	Attachment int               `json:"attachment"`
	Thread     int               `json:"thread"`
	Values     map[string]string `json:"values,omitempty"`
	Note       uint32            `json:"note,omitempty"`
	Data       []byte            `json:"data,omitempty"`
}

// Range is a piece of memory.
type Range struct {
	Addr Uint64 `json:"addr"`
	Len  int    `json:"len"`
}

// Read asks for memory of a thread that is stopped for the attachment. With
// Descriptor the answer comes with a memfd that has the ranges one after the
// other, and may have 1 GiB; else it has them itself, and may have 256 KiB.
type Read struct {
	Attachment int     `json:"attachment"`
	Thread     int     `json:"thread"`
	Ranges     []Range `json:"ranges"`
	Descriptor bool    `json:"descriptor,omitempty"`
}

// Memory is what was read: of each range as much as there was before the first
// byte that is not accessible. In a descriptor each range has its whole length.
type Memory struct {
	Lengths []int    `json:"lengths"`
	Data    [][]byte `json:"data,omitempty"`
}

// Write writes to memory, also where the program may not: from Data or, if a
// descriptor comes with it, Len bytes from that one's beginning.
type Write struct {
	Attachment int    `json:"attachment"`
	Thread     int    `json:"thread"`
	Addr       Uint64 `json:"addr"`
	Data       []byte `json:"data,omitempty"`
	Len        int    `json:"len,omitempty"`
}

// Written is how much was written before the first byte that is not accessible.
type Written struct {
	Len int `json:"len"`
}

// SignalMask is the set of signals that a stopped thread blocks, bit n-1 for signal
// n. As parameters, with a Mask it is replaced.
type SignalMask struct {
	Attachment int     `json:"attachment,omitempty"`
	Thread     int     `json:"thread,omitempty"`
	Mask       *Uint64 `json:"mask,omitempty"`
}

// UserWord is a word of a stopped thread's struct user (PTRACE_PEEKUSER in
// ptrace(2)). As parameters, with a Value it is replaced.
type UserWord struct {
	Attachment int     `json:"attachment,omitempty"`
	Thread     int     `json:"thread,omitempty"`
	Offset     uint64  `json:"offset"`
	Value      *Uint64 `json:"value,omitempty"`
}
