package testlog

import (
	"testing"
	"time"
)

func TestAwait(t *testing.T) {
	var l Log
	go func() {
		for i := range 3 {
			l.Printf("line %d", i)
		}
	}()
	if n := l.Await(3, "line", time.Minute); n != 3 {
		t.Errorf("%d lines, want 3", n)
	}
	if n := l.Await(2, "line 1", time.Millisecond); n != 1 {
		t.Errorf("%d lines, want the one that there is when the time is over", n)
	}
	l.Clear()
	if lines := l.Lines(); len(lines) != 0 || l.Count("line") != 0 {
		t.Errorf("after Clear: %q", lines)
	}
}
