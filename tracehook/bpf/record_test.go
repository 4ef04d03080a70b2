package bpf

import (
	"encoding/binary"
	"testing"

	"github.com/utrace/utrace/tracehook"
)

// withCaptures makes a record of some kind with captures, of which the first has five
// bytes.
func withCaptures(kind byte, captures int) []byte {
	r := record{kind: kinds[kind], returned: kind == kindReturn}
	b := make([]byte, r.callSize()+captures*captureSize+8)
	b[44], b[46] = kind, byte(captures)
	binary.NativeEndian.PutUint32(b[r.callSize()+8:], 5)
	return b
}

// FuzzRecord: whatever is in the buffer is understood or refused.
func FuzzRecord(f *testing.F) {
	for kind := range byte(len(kinds)) {
		b := withCaptures(kind, 2)
		f.Add(b)
		f.Add(b[:headerSize])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r record
		var now, late Copied
		if r.parse(b) != nil || r.kind > 2 {
			return
		}
		if r.pieces(&now, &late) != nil {
			return
		}
		for _, p := range now.pieces {
			buf := make([]byte, len(p.data)+1)
			if n, _ := now.ReadMemory(p.addr, buf); n < len(p.data) {
				t.Errorf("%d of %d bytes at %#x", n, len(p.data), p.addr)
			}
		}
	})
}

// FuzzTake: whatever comes through the buffer, and in whatever order, ends in events
// that keep to the contract or in an error.
func FuzzTake(f *testing.F) {
	var all []byte
	for kind := range byte(len(kinds)) {
		b := withCaptures(kind, 1)
		b[0] = kind % 3
		binary.NativeEndian.PutUint32(b[36:], uint32(kind%4))
		all = binary.NativeEndian.AppendUint16(all, uint16(len(b)))
		all = append(all, b...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		ends := make(map[tracehook.Subject]tracehook.Kind)
		times := make(map[tracehook.Subject]uint64)
		o := &Observer{subjects: make(map[uint64]*subject), ids: make(map[int]*subject)}
		o.handler = handlerFunc(func(e *tracehook.Event) {
			if last := ends[e.Subject]; last == tracehook.Reap || last == e.Kind {
				t.Fatalf("%v after %v", e.Kind, last)
			}
			if e.Kind == tracehook.Death || e.Kind == tracehook.Reap {
				ends[e.Subject] = e.Kind
			}
			if e.Time < times[e.Subject] {
				t.Fatalf("%v goes back in time", e.Kind)
			}
			times[e.Subject] = e.Time
			if c, ok := e.Captured.(*Copied); ok {
				c.Clone().ReadMemory(c.pieces[0].addr, make([]byte, 8))
			}
		})
		for len(b) >= 2 {
			n := int(binary.NativeEndian.Uint16(b))
			if b = b[2:]; n > len(b) {
				n = len(b)
			}
			if o.take(b[:n]) != nil {
				return
			}
			b = b[n:]
		}
	})
}

type handlerFunc func(*tracehook.Event)

func (h handlerFunc) Handle(e *tracehook.Event) { h(e) }
