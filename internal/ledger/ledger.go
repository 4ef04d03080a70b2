// Package ledger lays out memory in which the process that answers system calls
// for others writes down what they would miss if it died: the calls that it has
// received and not answered, and who traces whom. Memory of memfd_create(2)
// outlives it, and a successor reads on where it was killed, at whatever
// instruction.
package ledger

import (
	"sync/atomic"
	"unsafe"

	"github.com/utrace/utrace/internal/notify"
)

// The memory has room for so many. What is not used takes none.
const (
	maxCalls = 1 << 14
	maxBonds = 1 << 15
)

// Size is how many bytes the memory has.
const Size = int(unsafe.Sizeof(pages{}))

type pages struct {
	// The places from these on have never been used.
	callsMark, bondsMark int64

	calls [maxCalls]Call
	bonds [maxBonds]Bond
}

// Call is a system call that waits for its answer. What was answered may stand
// here still: its id is valid no more (notify.Listener.Valid).
type Call struct {
	notify.Call
	// Listener is the number of the listener that it came by.
	Listener uint64
}

// Bond says that a thread traces another one.
type Bond struct {
	state                   atomic.Int32
	Tracer, Thread, Process int32 // ids; Thread is the tracee, and Process its process
	By                      int32 // the thread of the tracer
	// Status is the wait status, of a thread that has ended. Of one that is
	// traced it is SIGSTOP while the thread is held before one of its own
	// making, for its tracer to see; else 0.
	Status int32
	// Fresh is 1 as long as the thread has asked to be traced, and the tracer has
	// seen no stop of it: nothing of the tracing can get lost yet.
	Fresh int32
}

// State is what is between tracer and thread.
type State int32

const (
	// Free: nothing.
	Free State = iota
	// Traced: the tracer waits for what the thread does.
	Traced
	// Ended: the thread has, and the tracer has not been told.
	Ended
)

// State returns it.
func (b *Bond) State() State { return State(b.state.Load()) }

// Set changes it. What the state says of the other members must be written before.
func (b *Bond) Set(s State) { b.state.Store(int32(s)) }

// Ledger is the memory as one process uses it. It has one user at a time.
type Ledger struct {
	*pages
	// freeCalls and freeBonds are places that were used and are free.
	freeCalls, freeBonds []int32
}

// Open takes memory as it is: zeroed, or a predecessor's. It must have Size bytes
// and begin at a multiple of 8.
func Open(memory []byte) *Ledger {
	l := &Ledger{pages: (*pages)(unsafe.Pointer(unsafe.SliceData(memory[:Size])))}
	l.callsMark = max(l.callsMark, 1) // the first is In
	for i := int32(1); int64(i) < l.callsMark; i++ {
		if l.calls[i].ID == 0 {
			l.freeCalls = append(l.freeCalls, i)
		}
	}
	for i := int32(0); int64(i) < l.bondsMark; i++ {
		if l.bonds[i].State() == Free {
			l.freeBonds = append(l.freeBonds, i)
		}
	}
	return l
}

// New is a ledger for nobody: in memory that goes with the process.
func New() *Ledger {
	words := make([]uint64, Size/8)
	return Open(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), Size))
}

// In is where calls are to be received. The kernel writes to it before the
// receiver runs again, so there is no moment at which one is known to nobody.
// It is the first of Calls until the next one comes.
func (l *Ledger) In() *Call { return &l.calls[0] }

// Keep writes down a call that will not be answered at once, and is in In. It
// returns the place, for Drop; 0: there is no room.
func (l *Ledger) Keep() (place int32) {
	if place = take(&l.freeCalls, &l.callsMark, maxCalls); place < 0 {
		return 0
	}
	l.calls[place] = l.calls[0]
	return place
}

// Drop forgets a call that has been answered. 0 is nothing to forget.
func (l *Ledger) Drop(place int32) {
	if place != 0 {
		l.calls[place].ID = 0
		l.freeCalls = append(l.freeCalls, place)
	}
}

// Calls are the places of what is written down. What is received makes the one
// in In void.
func (l *Ledger) Calls() (list []int32) {
	in := l.In()
	for i := int32(0); int64(i) < l.callsMark; i++ {
		c := &l.calls[i]
		// One that is in In, too, may have been copied to half.
		if c.ID != 0 && (i == 0 || c.ID != in.ID || c.Listener != in.Listener) {
			list = append(list, i)
		}
	}
	return list
}

// Call is what is at a place.
func (l *Ledger) Call(place int32) *Call { return &l.calls[place] }

// NewBond writes down that one thread traces another. Nil: there is no room, and
// a successor will not know of it.
func (l *Ledger) NewBond(tracer, by, process, thread int) *Bond {
	place := take(&l.freeBonds, &l.bondsMark, maxBonds)
	if place < 0 {
		return nil
	}
	b := &l.bonds[place]
	b.Tracer, b.By, b.Process, b.Thread = int32(tracer), int32(by), int32(process), int32(thread)
	b.Status, b.Fresh = 0, 0
	b.Set(Traced)
	return b
}

// Free forgets a bond. Nil is nothing to forget.
func (l *Ledger) Free(b *Bond) {
	if b == nil || b.State() == Free {
		return
	}
	b.Set(Free)
	offset := uintptr(unsafe.Pointer(b)) - uintptr(unsafe.Pointer(&l.bonds))
	l.freeBonds = append(l.freeBonds, int32(offset/unsafe.Sizeof(*b)))
}

// Bonds lists what is written down.
func (l *Ledger) Bonds() (list []*Bond) {
	for i := range l.bondsMark {
		if b := &l.bonds[i]; b.State() != Free {
			list = append(list, b)
		}
	}
	return list
}

// take finds a free place, or -1.
func take(free *[]int32, mark *int64, limit int64) int32 {
	if n := len(*free); n > 0 {
		place := (*free)[n-1]
		*free = (*free)[:n-1]
		return place
	}
	if *mark == limit {
		return -1
	}
	*mark++
	return int32(*mark - 1)
}
