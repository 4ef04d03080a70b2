package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// source is who a line of the timeline comes from.
type source struct{ name, colour string }

// The sources, with their colours (ECMA-48, "Select graphic rendition").
var (
	calls   = source{"calls", "36"}
	signals = source{"signals", "33"}
	crashes = source{"crashes", "31"}
	program = source{"program", "2"}
)

// timeline merges what several engines see. It may be used by many
// goroutines.
type timeline struct {
	start  time.Time
	colour bool
	width  int

	mu  sync.Mutex
	out io.Writer
}

// newTimeline writes to a file: in colour and cut to its width if that is a
// terminal, unless the environment says NO_COLOR.
func newTimeline(out *os.File) *timeline {
	l := &timeline{start: time.Now(), out: out}
	if !term.IsTerminal(int(out.Fd())) {
		return l
	}
	l.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	l.width, _, _ = term.GetSize(int(out.Fd()))
	return l
}

// add writes one line.
func (l *timeline) add(s source, pid, tid int, text string) {
	who := fmt.Sprint(pid)
	if tid != pid {
		who += fmt.Sprint("/", tid)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	line := fmt.Sprintf("%8.1f ms  %-15s %-8s %s", float64(time.Since(l.start).Microseconds())/1000, who, s.name, text)
	if r := []rune(line); l.width > 1 && len(r) > l.width {
		line = string(r[:l.width-1]) + "…"
	}
	if l.colour {
		line = "\x1b[" + s.colour + "m" + line + "\x1b[m"
	}
	fmt.Fprintln(l.out, line)
}
