package bpf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

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
	users   atomic.Int32 // of ring and kernel: who made it, Run, and Claim
	fence   atomic.Int32
	woken   chan struct{} // closed by Close

	asking sync.Mutex // over a question to the iterator
	last   uint64     // serial that was given out; under asking

	mu       sync.Mutex
	subjects map[uint64]*subject // by serial; nil for one that nobody wants
	ids      map[int]*subject    // by id, as of the last event. Owned by Run

	// Owned by Run:
	record    record
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

// The reader looks for records itself as long as there are some, since to be
// woken up costs the observed thread more than all the rest, and each look takes
// time from it where processors are few. It sleeps when there have been none for a
// while.
const (
	pollEvery  = 4 * time.Millisecond
	idleRounds = 5
)

// Run hands out events, until Close.
func (o *Observer) Run() error {
	if o.running.Swap(true) {
		return fmt.Errorf("ebpf: Run was called before: %w", tracehook.ErrInvalid)
	}
	if !o.enter() {
		return nil // closed before
	}
	defer o.release()
	var rec ringbuf.Record
	timer := time.NewTimer(0)
	defer timer.Stop()
	for idle := 0; !o.closed.Load(); {
		n, err := o.drain(&rec)
		if err == nil {
			err = o.settle()
		}
		if o.closed.Load() {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			idle = 0
		}
		if idle++; idle > idleRounds {
			if err := o.sleep(&rec); err != nil {
				return err
			}
			idle = 0
			continue
		}
		timer.Reset(pollEvery)
		select {
		case <-timer.C:
		case <-o.woken:
		}
	}
	return nil
}

// past is a deadline that makes the ring's reader look, but not wait.
var past = time.Unix(1, 0)

// drain takes all records that are there.
func (o *Observer) drain(rec *ringbuf.Record) (n int, err error) {
	if o.ring.AvailableBytes() == 0 {
		return 0, nil
	}
	o.ring.SetDeadline(past)
	for ; !o.closed.Load(); n++ {
		if err := o.ring.ReadInto(rec); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ringbuf.ErrFlushed) {
				err = nil
			}
			return n, err
		}
		if err := o.take(rec.RawSample); err != nil {
			return n, err
		}
	}
	return n, nil
}

// sleep waits for the next record. The flag is set before the buffer and the losses
// are looked at once more, and the flag is looked at after a record was put into the
// buffer or counted as lost: one of the two sees the other.
func (o *Observer) sleep(rec *ringbuf.Record) error {
	if err := o.kernel.Variables["reader_sleeps"].Set(uint32(1)); err != nil {
		return err
	}
	o.fence.Add(1)
	var losses uint64
	if err := o.kernel.Variables["losses"].Get(&losses); err != nil || losses != o.settled || o.ring.AvailableBytes() > 0 {
		return err
	}
	o.ring.SetDeadline(time.Time{})
	err := o.ring.ReadInto(rec)
	if err == nil {
		return o.take(rec.RawSample)
	}
	if errors.Is(err, ringbuf.ErrFlushed) { // by Close
		return nil
	}
	return err
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
