package ledger

import (
	"slices"
	"testing"
	"unsafe"
)

// memory is what outlives a user of a ledger.
func memory() []byte {
	words := make([]uint64, Size/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), Size)
}

// receive writes a call as the kernel does.
func receive(l *Ledger, id, listener uint64) {
	*l.In() = Call{Listener: listener}
	l.In().ID = id
}

// ids are the calls that a successor finds.
func ids(l *Ledger) (list []uint64) {
	for _, place := range l.Calls() {
		list = append(list, l.Call(place).ID)
	}
	slices.Sort(list)
	return list
}

// A successor knows of each call that was received and not answered, once.
func TestCalls(t *testing.T) {
	m := memory()
	l := Open(m)
	if got := ids(l); len(got) != 0 {
		t.Errorf("new memory has calls %v", got)
	}
	var places []int32
	for id := uint64(1); id <= 5; id++ {
		receive(l, id, 1)
		if got := ids(Open(m)); !slices.Contains(got, id) {
			t.Errorf("call %d was received, and is not among %v", id, got)
		}
		places = append(places, l.Keep())
	}
	l.Drop(places[1])
	l.Drop(0)
	next := Open(m)
	if got := ids(next); !slices.Equal(got, []uint64{1, 3, 4, 5}) {
		t.Errorf("the successor finds calls %v", got)
	}
	receive(next, 6, 1)
	if place := next.Keep(); place != places[1] {
		t.Errorf("a call is kept at %d, and %d is free", place, places[1])
	}
	// Ids are the listener's own: the same one of another listener is another call.
	receive(next, 3, 2)
	if got := ids(next); !slices.Equal(got, []uint64{1, 3, 3, 4, 5, 6}) {
		t.Errorf("the successor finds calls %v", got)
	}
}

// A predecessor was killed while it copied a call to its place: what is received last
// counts, not the half of it.
func TestCallHalfKept(t *testing.T) {
	m := memory()
	l := Open(m)
	receive(l, 9, 1)
	l.In().TID = 77
	place := l.Keep()
	l.Call(place).TID = 0
	next := Open(m)
	if list := next.Calls(); len(list) != 1 || next.Call(list[0]).TID != 77 {
		t.Errorf("the successor finds %v", list)
	}
}

// When there is no room nothing is lost but what a successor would know.
func TestFull(t *testing.T) {
	l := New()
	receive(l, 1, 1)
	for range maxCalls - 1 {
		if l.Keep() == 0 {
			t.Fatal("there should be room")
		}
	}
	if place := l.Keep(); place != 0 {
		t.Errorf("a call too many is kept at %d", place)
	}
	l.Drop(5)
	if place := l.Keep(); place != 5 {
		t.Errorf("the place that is free is 5, not %d", place)
	}
	var last *Bond
	for range maxBonds {
		if last = l.NewBond(1, 1, 2, 2); last == nil {
			t.Fatal("there should be room")
		}
	}
	if l.NewBond(1, 1, 2, 2) != nil {
		t.Error("there is a bond too many")
	}
	l.Free(last)
	l.Free(last) // once is enough
	l.Free(nil)
	if l.NewBond(1, 1, 3, 3) != last || l.NewBond(1, 1, 3, 3) != nil {
		t.Error("a bond that was freed is there once")
	}
}

// Bonds are found by a successor with what they say.
func TestBonds(t *testing.T) {
	m := memory()
	l := Open(m)
	a, b := l.NewBond(10, 11, 20, 21), l.NewBond(10, 10, 30, 30)
	b.Status = 3 << 8
	b.Set(Ended)
	c := l.NewBond(12, 12, 40, 40)
	l.Free(c)
	list := Open(m).Bonds()
	if len(list) != 2 || list[0] != a || list[1] != b {
		t.Fatalf("the successor finds %d bonds", len(list))
	}
	if a.State() != Traced || a.Tracer != 10 || a.By != 11 || a.Process != 20 || a.Thread != 21 || a.Status != 0 {
		t.Errorf("the first is %+v", a)
	}
	if b.State() != Ended || b.Status != 3<<8 {
		t.Errorf("the second is %+v", b)
	}
	b.Status, b.Fresh = 5, 1
	l.Free(b)
	if again := l.NewBond(1, 1, 2, 2); again != b || again.Status != 0 || again.Fresh != 0 {
		t.Errorf("a place that is used again has %+v", again)
	}
}
