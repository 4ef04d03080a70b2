package bpf

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/utrace/utrace/tracehook"
)

// The reader looks for records itself as long as there are some, since to be
// woken up costs the observed thread more than all the rest. Each look takes time
// from the program where processors are few, so it looks the less often the more there
// is. It sleeps when there has been nothing for a while.
const (
	soonest    = 4 * time.Millisecond
	latest     = 32 * time.Millisecond
	idleRounds = 5

	// From so many bytes in the time of soonest on it is better to wait longer.
	many = 16 << 10
)

// after is how long to wait until the next look, when there were so many bytes of
// so much room after this wait.
func after(wait time.Duration, bytes, room int) time.Duration {
	switch {
	case bytes > room/8, bytes < many/2*int(wait/soonest):
		return max(wait/2, soonest)
	case bytes > many*int(wait/soonest):
		return min(wait*2, latest)
	}
	return wait
}

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
	wait, idle := soonest, 0
	for !o.closed.Load() {
		bytes := o.ring.AvailableBytes()
		if bytes > 0 {
			idle = 0
			if err := o.drain(&rec); err != nil {
				return err
			}
		}
		if err := o.settle(); err != nil {
			if o.closed.Load() {
				return nil
			}
			return err
		}
		wait = after(wait, bytes, o.ring.BufferSize())
		if idle++; idle > idleRounds {
			if err := o.sleep(&rec); err != nil {
				return err
			}
			idle = 0
			continue
		}
		timer.Reset(wait)
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
func (o *Observer) drain(rec *ringbuf.Record) error {
	o.ring.SetDeadline(past)
	for !o.closed.Load() {
		if err := o.ring.ReadInto(rec); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ringbuf.ErrFlushed) {
				return nil
			}
			return err
		}
		if err := o.take(rec.RawSample); err != nil {
			return err
		}
	}
	return nil
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
