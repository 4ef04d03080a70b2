package client

import (
	"encoding/json"
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace/api"
)

// An answer that comes when its caller has just given up leaves no descriptor open, and
// neither does a message that nobody waits for.
func TestDescriptorsOfNobody(t *testing.T) {
	c := &Client{calls: map[int]chan reply{}}
	for name, arrive := range map[string]func(fd int){
		"an answer at the last moment": func(fd int) {
			answered := make(chan reply, 1)
			c.calls[1] = answered
			c.dispatch(&api.Message{ID: json.RawMessage("1")}, []int{fd})
			c.forget(1, answered)
		},
		"an answer too late": func(fd int) { c.dispatch(&api.Message{ID: json.RawMessage("2")}, []int{fd}) },
		"a notification":     func(fd int) { c.dispatch(&api.Message{Method: "unknown"}, []int{fd}) },
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.Dup(int(w.Fd()))
		w.Close()
		if err != nil {
			t.Fatal(err)
		}
		arrive(fd)
		// The pipe has ended if nobody can write any more.
		if err := syscall.SetNonblock(int(r.Fd()), true); err != nil {
			t.Fatal(err)
		}
		if n, err := syscall.Read(int(r.Fd()), make([]byte, 1)); n != 0 || err != nil {
			t.Errorf("%s: its descriptor is open: %v", name, err)
		}
		r.Close()
	}
}
