package waitloop

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestFavourite: a descriptor that is ready again and again is polled by itself,
// which starves nobody, and nothing keeps its file when it is not watched any more.
func TestFavourite(t *testing.T) {
	eachMechanism(t, func(t *testing.T, l *Loop) {
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(pipe[1])
		other := eventfd(t, 0)
		defer unix.Close(other)
		busy, heard, want := 0, 0, 0
		watch := func(fd int, f func()) {
			t.Helper()
			if err := l.Watch(fd, unix.EPOLLIN, func(uint32) { f() }); err != nil {
				t.Fatal(err)
			}
		}
		watch(pipe[0], func() {
			var b [1]byte
			unix.Read(pipe[0], b[:])
			busy++
		})
		watch(other, func() {
			var b [8]byte
			unix.Read(other, b[:])
			heard++
		})
		for round := 1; round <= 8*favouriteAfter; round++ {
			late := round%2 == 0 // into the loop's sleep
			go func() {
				if late {
					awaitState(l, asleep)
				}
				unix.Write(pipe[1], []byte{1})
			}()
			if round%favouriteAfter == 0 && round >= 4*favouriteAfter {
				add(other, 1)
				want++
			}
			for busy < round || heard < want {
				if _, _, ok := wait(t, l); ok {
					t.Fatal("a status from nowhere")
				}
			}
		}
		if err := l.unfavour(); err != nil {
			t.Error(err)
		}
		if f := l.set.favourite; f.fd >= 0 {
			t.Error("still a favourite")
		}
		unix.Write(pipe[1], []byte{1})
		for busy < 8*favouriteAfter+1 {
			wait(t, l)
		}
		for range 3 * favouriteAfter {
			go func() {
				awaitState(l, asleep)
				unix.Write(pipe[1], []byte{1})
			}()
			for before := busy; busy == before; {
				wait(t, l)
			}
		}
		if got, want := l.set.favourite.fd, pipe[0]; got != want && l.Mechanism() == Uring {
			t.Errorf("descriptor %d is the favourite, want %d", got, want)
		}
		if err := l.Unwatch(pipe[0]); err != nil {
			t.Error(err)
		}
		unix.Close(pipe[0])
		if _, err := unix.Write(pipe[1], []byte{1}); err != unix.EPIPE {
			t.Errorf("a write to a pipe that nobody reads: %v, want EPIPE", err)
		}
		if err := l.Unwatch(other); err != nil {
			t.Error(err)
		}
	})
}
