// Package decode prints system calls in strace's notation:
//
//	openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
//
// It is independent of how a call was observed. Whoever has the number, the
// registers and a way to read the thread's memory fills in a [Call] and gets
// text: a tracer that stops threads, a replay of a recording, a test.
//
// A call is printed in the two halves in which it happens. [Decoder.Entry]
// prints the name and the arguments up to the first whose content the kernel
// has yet to write; [Decoder.Exit] prints the others. Between the two stand the
// other threads' lines ("<unfinished ...>"), or nothing.
//
// What is read from memory was written by the traced program and may change
// under the reader: a pointer that cannot be read is printed as a number,
// strings and arrays are cut where strace cuts them, and no length found in
// memory decides how much is allocated.
package decode

import (
	"strconv"
	"time"

	"github.com/utrace/utrace/syscalls"
)

// Memory reads the memory of a traced thread. It is used only during Entry,
// Exit and Siginfo, while the thread is stopped.
type Memory interface {
	// ReadMemory reads len(buf) bytes at addr. Like io.ReaderAt it returns
	// how many bytes it could read, and an error when those are fewer.
	ReadMemory(addr uint64, buf []byte) (int, error)
}

// A Call is one system call of one thread. The caller fills in the exported
// fields: all but the result before Entry, the result before Exit. The same
// Call must be passed to both; it remembers how far Entry came. To use it for
// the next call, set the exported fields anew and call Entry.
type Call struct {
	ABI  *syscalls.ABI
	Nr   uint64
	Args [6]uint64
	TID  int
	Mem  Memory
	// SP is the stack pointer. Only the return from a signal handler is
	// printed with what it points to; zero leaves that out.
	SP uint64

	// Result is what the kernel returned, the error number when IsError
	// (positive, as errno).
	Result  int64
	IsError bool

	spec *spec
	kind int // index in spec.args of the next argument to print
	arg  int // index in Args of the next register to print
	// name is the call's, before that of the thread's call before it, which
	// restart_syscall resumes.
	name, before string
	saved        [4]uint64 // what Exit must know of the memory as it was at entry
	lengths      []int32   // the same, of recvmmsg
	was          []byte    // a structure before the kernel has changed it, for bpf
}

// StringMemory is a Memory that wants to know where strings end, which the
// decoder finds out by reading more: after such a read, Used says how many of
// the bytes that were read belong to the string.
type StringMemory interface {
	Memory
	Used(n int)
}

// A Resolver appends to buf what is known of a file descriptor of thread tid,
// "</etc/passwd>" for example, or of a process that it names, and returns the
// extended slice. It appends nothing for a descriptor that is not open and a
// process that does not exist. A group of processes has a negative number.
type Resolver func(buf []byte, tid int, number int32) []byte

// HexStyle tells when strings are printed in hexadecimal (-x, -xx).
type HexStyle int

// The styles of printing strings.
const (
	HexNone          HexStyle = iota
	HexNonASCII               // -x: strings with a byte that is neither printable nor space
	HexAll                    // -xx: every string
	HexNonASCIIChars          // just the bytes that are neither printable nor space
)

// XlatStyle tells how named constants and flags are printed (-X).
type XlatStyle int

// The styles of printing constants.
const (
	XlatAbbrev  XlatStyle = iota // O_RDONLY
	XlatRaw                      // 0
	XlatVerbose                  // 0 /* O_RDONLY */
)

// Options are the ways in which strace's options change the text. The zero
// value prints as strace does without options.
type Options struct {
	// StrSize is how many bytes of a string are printed (-s); 0 means 32,
	// and a negative number none.
	StrSize int
	Hex     HexStyle
	Xlat    XlatStyle
	// FD describes file descriptors (-y, -yy); nil prints the number only.
	FD Resolver
	// PID describes processes and threads by their id (-Y); nil prints the
	// number only.
	PID Resolver
	// Process tells what this process calls the process that thread tid calls id, 0 if
	// there is none. nil: they share a PID namespace.
	Process func(tid, id int) int
	// Pidfd tells which process a descriptor stands for, 0 if none. nil: the
	// descriptors of such a process are printed as numbers.
	Pidfd func(tid int, fd int32) int
	// Anonymous tells what a descriptor is open on that is no file: "bpf-map". nil:
	// what the kernel says of such a descriptor is an address.
	Anonymous func(tid int, fd int32) string
	// Boot is when the machine was started; the zero time leaves dates out that are
	// counted from it.
	Boot time.Time
	// VCPU finds the memory that a virtual processor shares with the program: its
	// address and size, 0 if that is not known. nil: it is not asked for.
	VCPU func(tid int, fd int32) (addr, size uint64)
	// Interface names a network interface of the thread's; nil and "" leave the
	// number.
	Interface func(tid, index int) string
	// Netlink tells which protocol a netlink socket has (NETLINK_ROUTE); ok is
	// false for other descriptors. nil: messages are printed as strings.
	Netlink func(tid int, fd int32) (protocol int, ok bool)
	// Zone is the time zone of dates; nil is the local one.
	Zone *time.Location
	// Full is the set of calls whose structures are printed in full (-v,
	// the complement of -e abbrev=).
	Full *syscalls.Set
	// Opaque is the set of calls whose structures are printed as addresses
	// (the complement of -e verbose=).
	Opaque *syscalls.Set
	// Raw is the set of calls whose arguments are printed in hexadecimal
	// (-e raw=).
	Raw *syscalls.Set
}

// A Decoder turns calls into text. It has buffers of its own, so that decoding
// does not allocate; use one per tracing thread, not one from several.
type Decoder struct {
	opts    Options
	strSize int

	// The phase being printed.
	c       *Call
	out     []byte
	exiting bool
	full    bool // no abbreviation
	opaque  bool // no structures

	// aux is what the arguments add to the result: "Timeout", "in [3]".
	aux []byte
	// noted: the result has a note, even if nothing stands in it.
	noted bool
	// hexResult prints the result in hexadecimal: a set of flags.
	hexResult bool
	// processResult: the result is a process or, negative, a group of them.
	processResult bool
	// fdResult: the result is a file descriptor.
	fdResult bool

	// family is the address family that the netlink message in hand is about.
	family uint64
	// link and slave are the kinds of the link that a netlink message describes.
	link, slave *linkKind

	scratch []byte        // for strings
	elem    [elemMax]byte // for structures
	items   [arrayDepth][arrayElemMax]byte
	depth   int
}

// New returns a Decoder that prints as opts say.
func New(opts Options) *Decoder {
	d := &Decoder{opts: opts, strSize: opts.StrSize, scratch: make([]byte, pathMax)}
	if opts.StrSize == 0 {
		d.strSize = 32
	} else if opts.StrSize < 0 {
		d.strSize = 0
	}
	return d
}

// Entry appends the call's name, the opening parenthesis and the arguments as
// far as they are known when the thread enters the kernel. c.ABI must not be
// nil; x32 calls are recognised by their number. i386's socketcall and ipc are
// printed as the calls behind them (see [Call.Demultiplex]).
func (d *Decoder) Entry(buf []byte, c *Call) []byte {
	c.ABI = c.ABI.ForNumber(c.Nr)
	c.kind, c.arg = 0, 0
	c.saved = [4]uint64{}
	if c.ABI.WordSize == 4 {
		for i := range c.Args {
			c.Args[i] &= 0xffffffff
		}
	}
	c.Demultiplex()
	call, known := c.ABI.Lookup(c.Nr)
	switch {
	case !known:
		c.spec = &rawSpecs[6]
		buf = append(buf, "syscall_0x"...)
		buf = strconv.AppendUint(buf, c.Nr, 16)
	case d.opts.Raw.Contains(c.ABI, c.Nr):
		c.spec = &rawSpecs[call.NArgs]
		buf = append(buf, call.Name...)
	default:
		c.spec = specOf(c.ABI, call)
		buf = append(buf, call.Name...)
	}
	if c.before = c.name; c.before == "" {
		// Nobody knows what the first call that is seen of a thread
		// resumes; strace names the call with number 0.
		c.before = "read"
	}
	c.name = "system call"
	if known {
		c.name = call.Name
	}
	buf = append(buf, '(')
	return d.phase(buf, c, false)
}

// Exit appends the arguments that Entry left out and the closing parenthesis.
func (d *Decoder) Exit(buf []byte, c *Call) []byte {
	if c.spec == nil {
		c.spec = &rawSpecs[0]
	}
	return append(d.phase(buf, c, true), ')')
}

// phase prints arguments until one must wait for the exit.
//
// As strace does, the comma before an argument that waits is printed at once:
// "read(3,  <unfinished ...>". An argument that prints nothing, as the mode of
// an open that creates nothing, takes its comma back.
func (d *Decoder) phase(buf []byte, c *Call, exiting bool) []byte {
	d.c, d.out, d.exiting = c, buf, exiting
	d.full = d.opts.Full.Contains(c.ABI, c.Nr)
	d.opaque = d.opts.Opaque.Contains(c.ABI, c.Nr)
	d.aux, d.noted, d.hexResult, d.processResult, d.fdResult = d.aux[:0], false, false, false, false
	resumed := exiting
	for c.kind < len(c.spec.args) {
		start, arg := len(d.out), c.arg
		if c.kind > 0 && !resumed {
			d.out = append(d.out, ", "...)
		}
		shown := len(d.out)
		if !c.spec.args[c.kind](d) {
			c.arg = arg
			break
		}
		if len(d.out) == shown && !resumed {
			d.out = d.out[:start]
		}
		resumed = false
		c.kind++
	}
	buf = d.out
	d.c, d.out = nil, nil
	return buf
}
