package bpf

import (
	"sync/atomic"

	"github.com/utrace/utrace/tracehook"
)

// subject is a thread that is observed: a tracehook.Subject.
type subject struct {
	o      *Observer
	serial uint64
	group  int

	// As of the event that was handed out last. Written by Run.
	id    atomic.Int64
	start atomic.Uint64

	// Owned by Run:
	call   tracehook.SyscallInfo // the last one
	time   uint64                // of the last event
	lost   uint32                // how many of the thread's losses the handler knows of
	status int                   // how the thread died
	listed bool                  // among the observer's ids, if that one was free
	died   bool
	reaped bool

	forgotten atomic.Bool

	data atomic.Pointer[any]
}

// nanosecondsPerTick are those of USER_HZ, which is 100 for all programs
// (include/asm-generic/param.h).
const nanosecondsPerTick = 1e7

// ID is the thread id.
func (s *subject) ID() int { return int(s.id.Load()) }

// Group is the process id.
func (s *subject) Group() int { return s.group }

// Start is when the thread started.
func (s *subject) Start() uint64 { return s.start.Load() / nanosecondsPerTick }

// Forget ends the observation of the thread.
func (s *subject) Forget() {
	o := s.o
	if s.forgotten.Swap(true) {
		return
	}
	o.asking.Lock()
	defer o.asking.Unlock()
	o.mu.Lock()
	o.subjects[s.serial] = nil
	o.mu.Unlock()
	if !o.closed.Load() {
		_ = o.ask(&question{Serial: s.serial, Interest: forget}) // see SetInterest
	}
}

// Data is the handler's value.
func (s *subject) Data() any {
	if v := s.data.Load(); v != nil {
		return *v
	}
	return nil
}

// SetData sets it.
func (s *subject) SetData(v any) { s.data.Store(&v) }
