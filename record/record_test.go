package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// story makes up n events of some threads.
func story(n int) (list []Event) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	at := time.Unix(1700000000, 0)
	for i := range n {
		at = at.Add(time.Duration(rng.IntN(1000)) * time.Microsecond)
		ev := Event{Kind: Kind(i%10 + 1), Time: at, TID: 100 + rng.IntN(5)}
		data := make([]byte, rng.IntN(300))
		for j := range data {
			data[j] = byte(rng.IntN(9))
		}
		switch ev.Kind {
		case Attach:
			ev.PID, ev.Origin = 100, rng.IntN(3)
		case Entry:
			ev.ABI, ev.Nr, ev.SP, ev.PC = "x86_64", rng.Uint64N(400), rng.Uint64(), rng.Uint64()
			for j := range ev.Args {
				ev.Args[j] = rng.Uint64() >> rng.IntN(64)
			}
			ev.Memory = []Memory{{rng.Uint64(), data}, {0, data[:0:0]}}
			ev.FDs = []FD{{-100, "</tmp>"}}
		case Exit:
			ev.Outcome, ev.Result, ev.Failed, ev.Took, ev.System, ev.Fault = Outcome(rng.IntN(3)), rng.Int64()-1<<62, i%2 == 0, 1e9, 5, 3
		case Signal:
			ev.Signal, ev.Info = 11, data
		case Stop:
			ev.Signal = 19
		case Exec:
			ev.Other = 100
		case Death:
			ev.Status = 139
		case Name:
			ev.Text = "worker"
		case Begin:
			ev.Command, ev.Options = []string{"sh", "-c", ""}, []string{"-f"}
		}
		list = append(list, ev)
	}
	return list
}

func write(t testing.TB, events []Event) []byte {
	var b bytes.Buffer
	w := NewWriter(&b, 0)
	for i := range events {
		if err := w.Event(&events[i]); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			w.Flush()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives the events that can be read, up to the first error.
func read(t testing.TB, b []byte) (list []Event, f *File, err error) {
	f, err = Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, nil, err
	}
	for ev, bad := range f.Events() {
		if bad != nil {
			err = bad
			continue
		}
		list = append(list, *ev)
	}
	return list, f, err
}

func same(a, b []Event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if fmt.Sprint(a[i]) != fmt.Sprint(b[i]) || !a[i].Time.Equal(b[i].Time) {
			return false
		}
	}
	return true
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 7, 5000} {
		events := story(n)
		got, f, err := read(t, write(t, events))
		if err != nil || !same(got, events) || f.Lost != 0 || f.Len() != n {
			t.Errorf("%d events: %d came back, %v", n, len(got), err)
		}
		if first, last := f.Span(); n > 0 && (!first.Equal(events[0].Time) || !last.Equal(events[n-1].Time)) {
			t.Errorf("from %v to %v", first, last)
		}
	}
}

// A file that was cut anywhere gives everything up to the last whole block, and
// says how much is lost.
func TestCut(t *testing.T) {
	events := story(2500)
	whole := write(t, events)
	blocks, _, _ := func() ([]place, *File, error) {
		f, err := Open(bytes.NewReader(whole), int64(len(whole)))
		return f.blocks, f, err
	}()
	for size := headerSize; size < len(whole); size += 1999 {
		got, f, err := read(t, whole[:size])
		if err != nil {
			t.Fatalf("cut at %d: %v", size, err)
		}
		n, end := 0, int64(0)
		for _, p := range blocks {
			if p.at+headerSize+int64(p.stored) <= int64(size) {
				n += int(p.count)
				end = p.at + headerSize + int64(p.stored)
			}
		}
		if !same(got, events[:n]) || f.Lost != int64(size)-end {
			t.Fatalf("cut at %d: %d events, want %d; %d bytes lost, want %d", size, len(got), n, f.Lost, int64(size)-end)
		}
	}
}

// Whoever appends to a recording, closed or cut off by a crash at the end of a
// block, makes a longer one.
func TestAppend(t *testing.T) {
	events := story(300)
	b := bytes.NewBuffer(write(t, events[:200]))
	w := NewWriter(b, int64(b.Len()))
	for i := range events[200:] {
		w.Event(&events[200+i])
	}
	w.Close()
	if got, f, err := read(t, b.Bytes()); err != nil || !same(got, events) || f.Lost != 0 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

// A block that is damaged is left out, and said.
func TestDamage(t *testing.T) {
	events := story(3000)
	b := write(t, events)
	f, _ := Open(bytes.NewReader(b), int64(len(b)))
	b[f.blocks[1].at+headerSize+10] ^= 1
	got, _, err := read(t, b)
	if !errors.Is(err, ErrCorrupt) || len(got) != len(events)-int(f.blocks[1].count) {
		t.Errorf("%d events, %v", len(got), err)
	}
	for _, junk := range []string{"x", "not a recording, but long enough to be one, is it?"} {
		if _, _, err := read(t, []byte(junk)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", junk, err)
		}
	}
}

// A ring keeps the last events, with how their threads came to be traced.
func TestRing(t *testing.T) {
	r := NewRing(32 << 10)
	at := time.Unix(1, 0)
	r.Event(&Event{Kind: Attach, Time: at, TID: 1, PID: 1})
	r.Event(&Event{Kind: Attach, Time: at, TID: 2, PID: 1})
	r.Event(&Event{Kind: Death, Time: at, TID: 2})
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 50000
	for i := range n {
		at = at.Add(time.Millisecond)
		r.Event(&Event{Kind: Entry, Time: at, TID: 1, ABI: "x86_64", Nr: uint64(i), Args: [6]uint64{rng.Uint64()}})
	}
	var b bytes.Buffer
	if size, err := r.WriteTo(&b); err != nil || size != int64(b.Len()) || size > 80<<10 {
		t.Fatalf("%d bytes, %v", size, err)
	}
	got, _, err := read(t, b.Bytes())
	if err != nil || len(got)+r.Dropped != n+3+1 {
		t.Fatalf("%d events and %d dropped, %v", len(got), r.Dropped, err)
	}
	if got[0].Kind != Attach || got[0].TID != 1 || got[1].Kind != Entry || got[len(got)-1].Nr != n-1 {
		t.Errorf("it begins with %+v, %+v and ends with %+v", got[0], got[1], got[len(got)-1])
	}
	again := new(bytes.Buffer)
	if r.WriteTo(again); !bytes.Equal(again.Bytes(), b.Bytes()) {
		t.Error("it can be written once only")
	}
}

// failing is a full disk.
type failing struct{ room int }

var errFull = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	w := NewWriter(&failing{100}, 0)
	events := story(100)
	for i := range events {
		if err := w.Event(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != errFull {
		t.Error(err)
	}
	if err := w.Event(&events[0]); err != errFull {
		t.Error(err)
	}
	if err := w.Close(); err != errFull {
		t.Error(err)
	}
}

// What is no recording does no harm.
func FuzzOpen(f *testing.F) {
	f.Add(write(f, story(20)))
	f.Add(write(f, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, _, _ := read(t, b)
		_ = list
	})
}

// FuzzEvents looks behind the checksums.
func FuzzEvents(f *testing.F) {
	e := encoder{}
	for _, ev := range story(16) {
		e.event(&ev)
	}
	f.Add(e.buf)
	f.Fuzz(func(t *testing.T, b []byte) {
		d := decoder{buf: b}
		var list []Event
		for ev := (Event{}); d.event(&ev); {
			list = append(list, ev)
		}
		// What could be read is written, and read, the same.
		again := encoder{}
		for i := range list {
			again.event(&list[i])
		}
		d = decoder{buf: again.buf}
		for i := range list {
			var ev Event
			if !d.event(&ev) || !reflect.DeepEqual(ev, list[i]) {
				t.Fatalf("%+v, %+v", list[i], ev)
			}
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	events := story(64)
	w := NewWriter(io.Discard, 0)
	b.ReportAllocs()
	for i := range b.N {
		w.Event(&events[i%len(events)])
	}
}
