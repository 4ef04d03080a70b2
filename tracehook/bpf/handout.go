package bpf

import (
	"syscall"

	"github.com/utrace/utrace/tracehook"
)

// take hands out what a record says. An error says that the records cannot be
// understood, which is a fault of ours.
func (o *Observer) take(b []byte) error {
	r := &o.record
	if len(b) == wakeUpSize {
		return nil
	}
	if err := r.parse(b); err != nil {
		return err
	}
	s := o.recent
	if s == nil || s.serial != r.serial {
		if s = o.subject(r.serial, r.tid, r.pid, r.start); s == nil {
			return nil
		}
		o.recent = s
	}
	if s.reaped {
		// An exec by another thread has ended it; the kernel has freed it now.
		o.forget(s)
		return nil
	}
	o.told(s, r.lost, r.lostTime)
	switch r.kind {
	case tracehook.SyscallEntry, tracehook.SyscallExit:
		return o.call(s, r)
	case tracehook.Signal, tracehook.Sent:
		o.signal(s, r)
	case tracehook.Clone:
		o.clone(s, r)
	case tracehook.Exec:
		o.exec(s, r)
	case tracehook.VforkDone:
		o.handOut(s, o.begin(r.kind, r.time))
	case tracehook.Exit:
		e := o.begin(r.kind, r.time)
		e.Status = int(r.u32(0))
		o.handOut(s, e)
	case tracehook.Death:
		o.death(s, int(r.u32(0)), int(int32(r.u32(1))), r.time)
	case tracehook.Reap:
		o.reap(s, int(r.u32(0)), r.time)
		o.forget(s)
	}
	return nil
}

// begin makes an event, which is to be filled in and handed out.
func (o *Observer) begin(kind tracehook.Kind, time uint64) *tracehook.Event {
	o.event = tracehook.Event{Kind: kind, Time: time}
	return &o.event
}

// handOut gives an event to the handler, unless the observer has been closed.
func (o *Observer) handOut(s *subject, e *tracehook.Event) {
	if o.closed.Load() || s.forgotten.Load() {
		return
	}
	if !s.listed {
		s.listed = true
		if o.ids[s.ID()] == nil {
			o.ids[s.ID()] = s
		}
	}
	// The end of an event that is held until its result is known comes
	// after its beginning, but its record may tell of a loss in between.
	e.Time = max(e.Time, s.time)
	s.time = e.Time
	e.Subject = s
	o.handler.Handle(e)
}

// told reports losses that the handler does not know of. The kernel counts them
// since the thread is observed, modulo 2^32.
func (o *Observer) told(s *subject, lost uint32, time uint64) {
	if lost == s.lost {
		return
	}
	e := o.begin(tracehook.Lost, time)
	e.Count = uint64(lost - s.lost)
	s.lost = lost
	o.handOut(s, e)
}

func (o *Observer) call(s *subject, r *record) error {
	if err := r.pieces(&o.now, &o.late); err != nil {
		return err
	}
	e := o.begin(r.kind, r.time)
	r.syscall(&s.call)
	e.Syscall = s.call
	e.SystemTime = r.used()
	e.Restarted = r.flags&flagRestarted != 0
	e.Missed = r.flags&flagMissed != 0
	e.Chosen = r.flags&flagChosen != 0
	e.Summoned = r.flags&flagSummoned != 0
	if len(o.now.pieces) > 0 {
		e.Captured = &o.now
	}
	if len(o.late.pieces) > 0 {
		e.Late = &o.late
	}
	o.handOut(s, e)
	return nil
}

func (o *Observer) signal(s *subject, r *record) {
	e := o.begin(r.kind, r.time)
	e.Signal = int(r.u32(0))
	known, fate := r.u32(1)&0xffff, r.u32(1)>>16
	e.Fate = tracehook.Fate(fate)
	if known != 0 {
		o.info = tracehook.Siginfo{}
		copy(o.info[:], r.body[8:8+48])
		e.Info = &o.info
	}
	o.handOut(s, e)
}

func (o *Observer) clone(s *subject, r *record) {
	serial, start, flags := r.u64(0), r.u64(1), r.u64(2)
	e := o.begin(r.kind, r.time)
	e.ChildID, e.CloneFlags = int(r.u32(6)), flags
	o.handOut(s, e)
	if serial != 0 {
		c := o.subject(serial, int(r.u32(6)), int(r.u32(7)), start)
		if c != nil {
			o.ids[c.ID()] = c
		}
	}
}

// exec renames the thread if it was not the leader. The old leader has died by
// then, and is gone with the loss of its id; what the kernel says of it later is
// no news (de_thread() in fs/exec.c).
func (o *Observer) exec(s *subject, r *record) {
	former := int(r.u32(0))
	if old := o.ids[r.tid]; former != r.tid && old != nil && old != s && !old.reaped {
		if !old.died {
			o.death(old, int(syscall.SIGKILL), tracehook.NoParentSignal, r.time)
		}
		o.reap(old, old.status, r.time)
	}
	if o.ids[former] == s {
		delete(o.ids, former)
	}
	s.id.Store(int64(r.tid))
	s.start.Store(r.start)
	o.ids[r.tid] = s
	e := o.begin(r.kind, r.time)
	e.Former = former
	o.handOut(s, e)
}

func (o *Observer) death(s *subject, status, parentSignal int, time uint64) {
	if s.died {
		return
	}
	s.died, s.status = true, status
	e := o.begin(tracehook.Death, time)
	e.Status, e.ParentSignal = status, parentSignal
	o.handOut(s, e)
}

func (o *Observer) reap(s *subject, status int, time uint64) {
	s.reaped = true
	e := o.begin(tracehook.Reap, time)
	e.Status = status
	o.handOut(s, e)
	if o.ids[s.ID()] == s {
		delete(o.ids, s.ID())
	}
}

// forget drops a thread of which nothing more will come.
func (o *Observer) forget(s *subject) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.subjects, s.serial)
}
