package record

import (
	"encoding/binary"
	"time"
)

// encoder writes events one after the other.
type encoder struct {
	buf  []byte
	last int64
}

func (e *encoder) uint(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) int(v int64)   { e.buf = binary.AppendVarint(e.buf, v) }

func (e *encoder) bytes(b []byte) {
	e.uint(uint64(len(b)))
	e.buf = append(e.buf, b...)
}

func (e *encoder) string(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) bool(v bool) {
	if v {
		e.uint(1)
	} else {
		e.uint(0)
	}
}

func (e *encoder) event(ev *Event) {
	e.buf = append(e.buf, byte(ev.Kind))
	now := ev.Time.UnixNano()
	e.int(now - e.last)
	e.last = now
	e.uint(uint64(ev.TID))
	switch ev.Kind {
	case Attach:
		e.uint(uint64(ev.PID))
		e.uint(uint64(ev.Origin))
	case Entry:
		e.string(ev.ABI)
		e.uint(ev.Nr)
		for _, a := range ev.Args {
			e.uint(a)
		}
		e.uint(ev.SP)
		e.uint(ev.PC)
		e.surroundings(ev)
	case Exit:
		e.uint(uint64(ev.Outcome))
		e.int(ev.Result)
		e.bool(ev.Failed)
		e.int(int64(ev.Took))
		e.int(int64(ev.System))
		e.uint(uint64(ev.Fault))
		e.surroundings(ev)
	case Signal:
		e.uint(uint64(ev.Signal))
		e.bytes(ev.Info)
	case Stop:
		e.uint(uint64(ev.Signal))
	case Exec:
		e.uint(uint64(ev.Other))
	case Death:
		e.uint(uint64(ev.Status))
	case Name:
		e.string(ev.Text)
	case Begin:
		e.strings(ev.Command)
		e.strings(ev.Options)
	}
}

func (e *encoder) strings(list []string) {
	e.uint(uint64(len(list)))
	for _, s := range list {
		e.string(s)
	}
}

func (e *encoder) surroundings(ev *Event) {
	e.uint(uint64(len(ev.Memory)))
	for _, m := range ev.Memory {
		e.uint(m.Addr)
		e.bytes(m.Data)
	}
	e.uint(uint64(len(ev.FDs)))
	for _, fd := range ev.FDs {
		e.int(int64(fd.Number))
		e.string(fd.Text)
	}
}

// decoder reads them. What it reads may be anything: after the first thing that
// makes no sense it only says so.
type decoder struct {
	buf  []byte
	last int64
	bad  bool
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

// bytes returns a part of the buffer.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if d.bad || n > uint64(len(d.buf)) {
		d.bad = true
		return nil
	}
	b := d.buf[:n:n]
	d.buf = d.buf[n:]
	return b
}

// event reads the next event. It returns false at the end and for nonsense.
func (d *decoder) event(ev *Event) bool {
	if len(d.buf) == 0 {
		return false
	}
	*ev = Event{Kind: Kind(d.buf[0])}
	d.buf = d.buf[1:]
	d.last += d.int()
	ev.Time = time.Unix(0, d.last)
	ev.TID = int(d.uint())
	switch ev.Kind {
	case Attach:
		ev.PID, ev.Origin = int(d.uint()), int(d.uint())
	case Entry:
		ev.ABI = string(d.bytes())
		ev.Nr = d.uint()
		for i := range ev.Args {
			ev.Args[i] = d.uint()
		}
		ev.SP, ev.PC = d.uint(), d.uint()
		d.surroundings(ev)
	case Exit:
		ev.Outcome, ev.Result, ev.Failed = Outcome(d.uint()), d.int(), d.uint() != 0
		ev.Took, ev.System, ev.Fault = time.Duration(d.int()), time.Duration(d.int()), uint8(d.uint())
		d.surroundings(ev)
	case Signal:
		ev.Signal, ev.Info = int(d.uint()), d.bytes()
	case Stop:
		ev.Signal = int(d.uint())
	case Exec:
		ev.Other = int(d.uint())
	case Death:
		ev.Status = int(d.uint())
	case Detach:
	case Name:
		ev.Text = string(d.bytes())
	case Begin:
		ev.Command, ev.Options = d.strings(), d.strings()
	default:
		d.bad = true
	}
	return !d.bad
}

func (d *decoder) strings() (list []string) {
	for n := d.uint(); n > 0 && !d.bad; n-- {
		list = append(list, string(d.bytes()))
	}
	return list
}

func (d *decoder) surroundings(ev *Event) {
	for n := d.uint(); n > 0 && !d.bad; n-- {
		ev.Memory = append(ev.Memory, Memory{d.uint(), d.bytes()})
	}
	for n := d.uint(); n > 0 && !d.bad; n-- {
		ev.FDs = append(ev.FDs, FD{int32(d.int()), string(d.bytes())})
	}
}
