package top

import (
	"sync"
	"time"
)

// Model counts system calls. It may be told of calls by one goroutine while
// another one takes samples. The zero value is empty.
type Model struct {
	mu      sync.Mutex
	threads map[int]*thread
	begun   chan struct{} // closed with the first thread; nil until then, or asked for
	lost    uint64
	last    time.Time // of the last sample
}

// thread is what is known of a thread. A dead one stays until it was in a sample.
type thread struct {
	tid, pid int
	name     string
	calls    map[string]*count
	in       string // the call that it is in
	since    time.Time
	gone     bool
}

// maxThreads is how many threads, dead ones among them, wait for a sample.
const maxThreads = 1 << 16

// count adds up, in total and since the last sample.
type count struct{ all, now Sum }

// Sum is what a number of calls amount to.
type Sum struct {
	Calls, Errors uint64
	Time          time.Duration
	Longest       time.Duration
}

func (s *Sum) add(took time.Duration, failed bool) {
	s.Calls++
	s.Time += took
	s.Longest = max(s.Longest, took)
	if failed {
		s.Errors++
	}
}

// Plus is two sums together.
func (s Sum) Plus(o Sum) Sum {
	return Sum{s.Calls + o.Calls, s.Errors + o.Errors, s.Time + o.Time, max(s.Longest, o.Longest)}
}

func (m *Model) thread(tid int) *thread {
	t := m.threads[tid]
	if t == nil {
		if m.threads == nil {
			m.threads = make(map[int]*thread)
			close(m.started())
		}
		t = &thread{tid: tid, pid: tid, calls: make(map[string]*count)}
		m.threads[tid] = t
	}
	return t
}

// Thread says what a thread and its process are.
func (m *Model) Thread(pid, tid int, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.thread(tid)
	t.pid, t.name, t.gone = pid, name, false
}

// Enter says that a thread entered a call.
func (m *Model) Enter(tid int, call string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.thread(tid)
	t.in, t.since = call, at
}

// Leave says that a call is over.
func (m *Model) Leave(tid int, call string, took time.Duration, failed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.thread(tid)
	t.in = ""
	c := t.calls[call]
	if c == nil {
		c = new(count)
		t.calls[call] = c
	}
	c.all.add(took, failed)
	c.now.add(took, failed)
}

// Gone says that a thread ended.
func (m *Model) Gone(tid int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.thread(tid)
	t.gone, t.in = true, ""
	if len(m.threads) > maxThreads {
		delete(m.threads, tid) // nobody has taken a sample for long
	}
}

// Lost says that so many events are missing.
func (m *Model) Lost(n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost += n
}

// Begun is closed when the model is told of something for the first time.
func (m *Model) Begun() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.started()
}

// started is the channel of Begun. The lock is held.
func (m *Model) started() chan struct{} {
	if m.begun == nil {
		m.begun = make(chan struct{})
	}
	return m.begun
}

// Empty reports whether the model was told of nothing.
func (m *Model) Empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.threads) == 0
}

// Source has samples. A Model is one.
type Source interface {
	// Sample returns what happened since the last call.
	Sample(at time.Time) *Sample
}

// Sample is what happened in some time.
type Sample struct {
	// Over is how long it is about; 0 for the first one.
	Over time.Duration
	// Lines are the calls of each thread. A thread that made none has one line
	// without a call.
	Lines []Line
	// Lost counts missing events, in total.
	Lost uint64
}

// Line is one kind of call of one thread.
type Line struct {
	PID, TID int
	Name     string
	Call     string
	Now, All Sum
	// In is the call that the thread is in, and For how long; in one of its lines.
	In  string
	For time.Duration
}

// Sample returns what happened since the last call.
func (m *Model) Sample(at time.Time) *Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &Sample{Lost: m.lost}
	if !m.last.IsZero() {
		s.Over = at.Sub(m.last)
	}
	m.last = at
	for tid, t := range m.threads {
		line := Line{PID: t.pid, TID: t.tid, Name: t.name}
		first := len(s.Lines)
		for call, c := range t.calls {
			line.Call, line.Now, line.All = call, c.now, c.all
			s.Lines = append(s.Lines, line)
			c.now = Sum{}
		}
		if len(s.Lines) == first {
			s.Lines = append(s.Lines, line)
		}
		if t.in != "" {
			s.Lines[first].In, s.Lines[first].For = t.in, max(0, at.Sub(t.since))
		}
		if t.gone {
			delete(m.threads, tid)
		}
	}
	return s
}
