package bpf

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/utrace/utrace/tracehook"
)

// Observer is the programs in the kernel, and the reader of their records.
type Observer struct {
	handler tracehook.Handler
	kernel  *ebpf.Collection
	links   []link.Link
	iter    *link.Iter
	ring    *ringbuf.Reader
	running atomic.Bool
	closed  atomic.Bool
	users   atomic.Int32  // of ring and kernel: who made it, Run, and Claim
	fence   atomic.Int32  // between a write to the maps and what is read after it
	woken   chan struct{} // closed by Close

	asking sync.Mutex // over a question to the iterator
	last   uint64     // serial that was given out; under asking

	mu       sync.Mutex
	subjects map[uint64]*subject // by serial; nil for one that nobody wants
	ids      map[int]*subject    // by id, as of the last event. Owned by Run

	// Owned by Run:
	record    record
	recent    *subject // of the last record
	event     tracehook.Event
	info      tracehook.Siginfo
	now, late Copied
	settled   uint64 // all losses up to this number are accounted for
}

// Name is "ebpf".
func (o *Observer) Name() string { return "ebpf" }

func (o *Observer) openRing() (err error) {
	o.ring, err = ringbuf.NewReader(o.kernel.Maps["records"])
	return err
}

// Serials that user space gives have the highest bit set.
const ourSerials = 1 << 63

// question is the variable wanted of the programs.
type question struct {
	Serial        uint64
	TID, Interest uint32
	Found         uint64
	Start         uint64
	PID, Exiting  uint32
}

// ask runs the iterator over all threads. The caller holds o.asking.
func (o *Observer) ask(q *question) error {
	v := o.kernel.Variables["wanted"]
	if err := v.Set(q); err != nil {
		return err
	}
	r, err := o.iter.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return v.Get(q)
}

// Observe begins to report events of a thread.
func (o *Observer) Observe(id int, interest tracehook.Interest) (tracehook.Subject, error) {
	o.asking.Lock()
	defer o.asking.Unlock()
	if o.closed.Load() {
		return nil, fmt.Errorf("observe thread %d: %w", id, tracehook.ErrClosed)
	}
	if id <= 0 {
		return nil, isGone(id)
	}
	o.last++
	q := question{Serial: o.last | ourSerials, TID: uint32(id), Interest: bits(interest)}
	if err := o.ask(&q); err != nil {
		return nil, fmt.Errorf("observe thread %d: %w", id, err)
	}
	switch {
	case q.Found == 0:
		return nil, notFound(id)
	case q.Exiting != 0:
		if q.Found == q.Serial {
			o.mu.Lock()
			o.subjects[q.Found] = nil
			o.mu.Unlock()
		}
		return nil, isGone(id)
	}
	return o.subject(q.Found, id, int(q.PID), q.Start), nil
}

// subject returns the one with this serial, new if there is none; nil if nobody
// wants to hear of it.
func (o *Observer) subject(serial uint64, tid, pid int, start uint64) *subject {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.subjects[serial]
	if !ok {
		s = &subject{o: o, serial: serial, group: pid}
		s.id.Store(int64(tid))
		s.start.Store(start)
		o.subjects[serial] = s
	}
	return s
}

// SetInterest says what to report from now on. It has no effect on a thread that
// is gone.
func (s *subject) SetInterest(interest tracehook.Interest) bool {
	o := s.o
	o.asking.Lock()
	defer o.asking.Unlock()
	if !o.closed.Load() {
		// What can fail is to open the iterator, for want of descriptors
		// or memory; the contract knows no answer to that.
		_ = o.ask(&question{Serial: s.serial, Interest: bits(interest)})
	}
	return false
}

// Close ends all reporting. What Run still uses is given back by Run.
func (o *Observer) Close() error {
	if o.closed.Swap(true) {
		return nil
	}
	close(o.woken)
	o.asking.Lock() // nobody is in the iterator
	defer o.asking.Unlock()
	o.detach()
	_ = o.ring.Flush() // wakes Run up
	o.release()
	return nil
}

// detach takes the programs out of the kernel's way.
func (o *Observer) detach() {
	for _, l := range o.links {
		l.Close()
	}
	if o.iter != nil {
		o.iter.Close()
	}
}

// release gives the buffer and the maps back, when the last user has called it.
func (o *Observer) release() {
	if o.users.Add(-1) > 0 {
		return
	}
	if o.ring != nil {
		o.ring.Close()
	}
	if o.kernel != nil {
		o.kernel.Close()
	}
}
