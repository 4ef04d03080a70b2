package waitloop

import (
	"sync"
	"testing"

	"github.com/utrace/utrace/internal/scale"
)

func TestMailboxOrder(t *testing.T) {
	var m Mailbox
	if m.Drain() != 0 {
		t.Error("the zero value is not an empty mailbox")
	}
	var got []int
	for i := range 3 {
		m.Post(func() {
			got = append(got, i)
			m.Post(func() { got = append(got, 10+i) })
		})
	}
	if n := m.Drain(); n != 3 || len(got) != 3 {
		t.Errorf("first Drain ran %d: %v", n, got)
	}
	m.Close()
	if want := [6]int{0, 1, 2, 10, 11, 12}; len(got) != 6 || [6]int(got) != want {
		t.Errorf("ran %v, want %v", got, want)
	}
	if m.Post(func() {}) || m.Drain() != 0 {
		t.Error("Post after Close was accepted")
	}
	m.Close()
}

// Everything that Post accepted is run, once, in each sender's order, also when
// the mailbox is closed in the midst of it.
func TestMailboxLosesNothing(t *testing.T) {
	var m Mailbox
	const senders = 4
	var accepted, ran [senders]int
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := 0; ; i++ {
				if !m.Post(func() {
					if ran[s] != i {
						t.Errorf("sender %d: number %d ran in place of %d", s, i, ran[s])
					}
					ran[s]++
				}) {
					return
				}
				accepted[s]++
			}
		})
	}
	for n := 0; n < scale.Rounds(100_000); {
		n += m.Drain()
	}
	m.Close()
	all.Wait()
	if accepted != ran {
		t.Errorf("accepted %v, ran %v", accepted, ran)
	}
}
