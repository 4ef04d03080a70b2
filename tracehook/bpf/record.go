package bpf

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// The AUDIT_ARCH_* of this machine's own calls, and of those of its 32-bit programs, if
// it has such.
var auditNative, auditCompat = func() (native, compat uint32) {
	abis := regset.ABIs()
	return abis[0].AuditArch(), abis[min(1, len(abis)-1)].AuditArch()
}()

// The layout of the records; see program/record.h.
const (
	headerSize  = 48
	entrySize   = headerSize + 80
	exitSize    = entrySize + 8
	returnSize  = headerSize + 16
	signalSize  = headerSize + 56
	cloneSize   = headerSize + 32
	execSize    = headerSize + 8
	endSize     = headerSize + 8
	captureSize = 16
	wakeUpSize  = 8 // of a record that only wakes the reader up
)

// kindReturn is an exit without what its entry has said.
const kindReturn = 11

// kinds are what the kinds of records are for the handler.
var kinds = [...]tracehook.Kind{
	1: tracehook.SyscallEntry, 2: tracehook.SyscallExit, 3: tracehook.Signal, 4: tracehook.Clone,
	5: tracehook.VforkDone, 6: tracehook.Exec, 7: tracehook.Exit, 8: tracehook.Death, 9: tracehook.Reap, 10: tracehook.Sent,
	kindReturn: tracehook.SyscallExit,
}

// interests are the bits of the optional events in struct thread.
var interests = []struct {
	interest tracehook.Interest
	bit      uint32
}{
	{tracehook.WantSyscalls, 1}, {tracehook.WantClones, 2}, {tracehook.WantVforkDone, 4}, {tracehook.WantExit, 8},
	{tracehook.WantSent, 16},
}

// forget is what ends observing, in place of an interest.
const forget = 1 << 30

// bits is an interest as the programs see it.
func bits(i tracehook.Interest) (b uint32) {
	for _, w := range interests {
		if i&w.interest != 0 {
			b |= w.bit
		}
	}
	return b
}

// Flags of a record.
const (
	flagCompat    = 1
	flagPaired    = 2
	flagRestarted = 4
	flagMissed    = 8
	flagChosen    = 32
	flagSummoned  = 64
)

// captureLate is the flag of a capture that belongs to the entry of the call.
const captureLate = 2

// record is what came through the ring buffer. The bytes are the reader's.
type record struct {
	serial, time, lostTime, start uint64
	lost                          uint32
	tid, pid                      int
	kind                          tracehook.Kind
	returned                      bool // it is a kindReturn
	flags                         uint8
	captures                      int
	body                          []byte
}

var errRecord = errors.New("bpf: a record from the kernel makes no sense")

// parse reads the header and checks that all is there which belongs to its kind.
func (r *record) parse(b []byte) error {
	if len(b) < headerSize {
		return errRecord
	}
	order := binary.NativeEndian
	r.serial, r.time = order.Uint64(b), order.Uint64(b[8:])
	r.lostTime, r.start = order.Uint64(b[16:]), order.Uint64(b[24:])
	r.lost = order.Uint32(b[32:])
	r.tid, r.pid = int(order.Uint32(b[36:])), int(order.Uint32(b[40:]))
	r.flags, r.captures = b[45], int(order.Uint16(b[46:]))
	if int(b[44]) >= len(kinds) {
		return errRecord
	}
	r.kind, r.returned = kinds[b[44]], b[44] == kindReturn
	r.body = b[headerSize:]
	size := headerSize
	switch r.kind {
	case tracehook.SyscallEntry, tracehook.SyscallExit:
		size = r.callSize()
	case tracehook.Signal, tracehook.Sent:
		size = signalSize
	case tracehook.Clone:
		size = cloneSize
	case tracehook.Exec:
		size = execSize
	case tracehook.Exit, tracehook.Death, tracehook.Reap:
		size = endSize
	case tracehook.VforkDone:
	default:
		return errRecord
	}
	if len(b) < size {
		return errRecord
	}
	return nil
}

func (r *record) u64(i int) uint64 { return binary.NativeEndian.Uint64(r.body[8*i:]) }
func (r *record) u32(i int) uint32 { return binary.NativeEndian.Uint32(r.body[4*i:]) }

// callSize is the size of a record of a call without what was captured.
func (r *record) callSize() int {
	switch {
	case r.returned:
		return returnSize
	case r.kind == tracehook.SyscallExit:
		return exitSize
	}
	return entrySize
}

// used is the processor time of the thread in calls.
func (r *record) used() time.Duration { return time.Duration(r.u64(0)) }

// syscall reads what there is of the call into s, which is what the record before
// has said of the thread's calls.
func (r *record) syscall(s *tracehook.SyscallInfo) {
	result := 1
	if !r.returned {
		*s = tracehook.SyscallInfo{PC: r.u64(1), SP: r.u64(2), Nr: r.u64(3), Arch: auditNative}
		if r.flags&flagCompat != 0 {
			s.Arch = auditCompat
		}
		for i := range s.Args {
			s.Args[i] = r.u64(4 + i)
		}
		result = 10
	}
	if r.kind == tracehook.SyscallExit {
		s.Paired = r.flags&flagPaired != 0
		s.Result = int64(r.u64(result))
		s.Failed = s.Result < 0 && s.Result >= -4095
	}
}

// Copied is memory that was captured with a call: pieces of it, with holes. Events
// have it as Captured and Late.
type Copied struct{ pieces []piece }

type piece struct {
	addr uint64
	data []byte
}

var errNotCopied = errors.New("bpf: this memory was not copied when the call was observed")

// Clone returns a copy, which stays valid when the event does not.
func (c *Copied) Clone() tracehook.Memory {
	clone := &Copied{slices.Clone(c.pieces)}
	for i := range clone.pieces {
		clone.pieces[i].data = slices.Clone(clone.pieces[i].data)
	}
	return clone
}

// ReadMemory implements tracehook.Memory. A read that one piece does not cover
// goes on in another.
func (c *Copied) ReadMemory(addr uint64, p []byte) (n int, err error) {
	for n < len(p) {
		data := c.at(addr + uint64(n))
		if len(data) == 0 {
			return n, errNotCopied
		}
		n += copy(p[n:], data)
	}
	return n, nil
}

// at is what the longest piece has from addr on.
func (c *Copied) at(addr uint64) (best []byte) {
	for i := range c.pieces {
		p := &c.pieces[i]
		if off := addr - p.addr; off < uint64(len(p.data)) && uint64(len(best)) < uint64(len(p.data))-off {
			best = p.data[off:]
		}
	}
	return best
}

// pieces takes the captures out of a record of a call: those of this moment and
// those that come late.
func (r *record) pieces(now, late *Copied) error {
	now.pieces, late.pieces = now.pieces[:0], late.pieces[:0]
	b := r.body[r.callSize()-headerSize:]
	for range r.captures {
		if len(b) < captureSize {
			return errRecord
		}
		addr, size := binary.NativeEndian.Uint64(b), uint64(binary.NativeEndian.Uint32(b[8:]))
		flags := binary.NativeEndian.Uint32(b[12:])
		b = b[captureSize:]
		if size > uint64(len(b)) {
			return errRecord
		}
		p := piece{addr, b[:size]}
		if flags&captureLate != 0 {
			late.pieces = append(late.pieces, p)
		} else {
			now.pieces = append(now.pieces, p)
		}
		b = b[min((size+7)&^7, uint64(len(b))):]
	}
	return nil
}
