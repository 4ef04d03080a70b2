// Package testlog is a log that a test waits for lines of.
package testlog

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Log is what has happened, a line each. The zero value is an empty one. Its
// methods may be called from any goroutine.
type Log struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed at the next line; nil while nobody waits
}

// Printf adds a line.
func (l *Log) Printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// Lines is a copy of all lines.
func (l *Log) Lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// Clear forgets all lines.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

// Count is how many lines contain text.
func (l *Log) Count(text string) int {
	n, _ := l.look(text)
	return n
}

// Await waits until n lines contain text, or the time is over, and says how many
// do.
func (l *Log) Await(n int, text string, limit time.Duration) (got int) {
	late := time.After(limit)
	for {
		got, more := l.look(text)
		if got >= n {
			return got
		}
		select {
		case <-more:
		case <-late:
			return got
		}
	}
}

// look counts, and returns what is closed when there is more to count.
func (l *Log) look(text string) (n int, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return n, l.more
}
