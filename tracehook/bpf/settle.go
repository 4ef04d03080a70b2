package bpf

import (
	"errors"

	"github.com/cilium/ebpf"
)

// thread is the beginning of struct thread of the programs, as far as it
// concerns what could not be put into the buffer.
type thread struct {
	Serial, Start, LostTime         uint64
	_                               [14]uint64 // the call
	Lost                            uint32
	TID, PID, Interest              uint32
	_                               [6]uint8
	Exited, Died                    uint8
	Status, ParentSignal, Reaped, _ int32
	DeathTime, ReapTime             uint64
}

// owed is the value of Died for a thread whose death is not in the buffer.
const owed = 2

// settle accounts for records that had no room in the buffer, once it is empty.
// A thread's counter of losses is in each of its records; this is for threads
// of which no other record comes, and for their ends, which are never lost.
func (o *Observer) settle() error {
	var losses uint64
	if err := o.kernel.Variables["losses"].Get(&losses); err != nil || losses == o.settled {
		return err
	}
	alive, err := o.list("threads")
	if err != nil {
		return err
	}
	ended, err := o.list("ends")
	if err != nil || o.ring.AvailableBytes() > 0 {
		return err // later: there is something that happened before
	}
	o.settled = losses
	for i := range alive {
		t := &alive[i]
		s := o.subject(t.Serial, int(t.TID), int(t.PID), t.Start)
		if s == nil || s.reaped {
			continue
		}
		o.told(s, t.Lost, t.LostTime)
		if t.Died == owed {
			o.death(s, int(t.Status), int(t.ParentSignal), t.DeathTime)
		}
	}
	for i := range ended {
		t := &ended[i]
		if s := o.subject(t.Serial, int(t.TID), int(t.PID), t.Start); s != nil && !s.reaped {
			o.told(s, t.Lost, t.LostTime)
			o.death(s, int(t.Status), int(t.ParentSignal), t.DeathTime)
			o.reap(s, int(t.Reaped), t.ReapTime)
		}
		o.mu.Lock()
		delete(o.subjects, t.Serial)
		o.mu.Unlock()
		if err := o.kernel.Maps["ends"].Delete(t.Serial); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
	}
	return nil
}

// list reads a map of threads.
func (o *Observer) list(name string) (list []thread, err error) {
	var key uint64
	var t thread
	it := o.kernel.Maps[name].Iterate()
	for it.Next(&key, &t) {
		list = append(list, t)
	}
	// A map that changes meanwhile may make the iteration begin anew. The
	// next loss looks again, and nothing is told twice.
	if err := it.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return nil, err
	}
	return list, nil
}
