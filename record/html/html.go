// Package html makes a report of system calls that is one file, works without a
// network, and can be mailed: a timeline by thread to zoom into, what was called
// how often and how long, the slowest calls and those that failed.
package html

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// page has %DATA% where the data goes.
//
//go:embed report.html
var page []byte

// DefaultLimit is how many calls and marks a report shows one by one.
const DefaultLimit = 100_000

// Report collects what is to be shown. The zero value is an empty report. It is
// not for several goroutines at once.
type Report struct {
	// Title stands on top: the command, usually.
	Title string
	// Limit is how many calls and marks are shown one by one, the first that
	// come; 0 means DefaultLimit. All are counted.
	Limit int

	d       data
	start   time.Time
	threads map[int]int
	names   map[string]int
}

// Call is one system call. Times that are not known are zero.
type Call struct {
	TID       int
	Name      string
	Arguments string
	Result    string
	Start     time.Time
	Duration  time.Duration
	// Failed: it returned an error, whose name is Error.
	Failed bool
	Error  string
}

// data is what the page's script reads.
type data struct {
	Title   string   `json:"title"`
	Start   string   `json:"start"`
	Threads []thread `json:"threads"`
	Names   []name   `json:"names"`
	Calls   []call   `json:"calls"`
	Marks   []mark   `json:"marks"`
	Hidden  int      `json:"hidden"`
}

type thread struct {
	TID  int    `json:"tid"`
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

type name struct {
	Name   string         `json:"name"`
	Calls  int            `json:"calls"`
	Failed int            `json:"failed"`
	Time   float64        `json:"time"` // microseconds, like all times
	Max    float64        `json:"max"`
	Errors map[string]int `json:"errors,omitempty"`
}

// call is [thread, name, start, duration, arguments, result, failed].
type call [7]any

// mark is [thread, time, kind, text].
type mark [4]any

// Thread names a thread. A thread that is not named is called by its id.
func (r *Report) Thread(pid, tid int, name string) {
	t := &r.d.Threads[r.thread(tid)]
	t.PID, t.Name = pid, name
}

func (r *Report) thread(tid int) int {
	i, ok := r.threads[tid]
	if !ok {
		if r.threads == nil {
			r.threads = make(map[int]int)
		}
		i = len(r.d.Threads)
		r.threads[tid] = i
		r.d.Threads = append(r.d.Threads, thread{TID: tid, PID: tid})
	}
	return i
}

// Call adds a call.
func (r *Report) Call(c Call) {
	i, ok := r.names[c.Name]
	if !ok {
		if r.names == nil {
			r.names = make(map[string]int)
		}
		i = len(r.d.Names)
		r.names[c.Name] = i
		r.d.Names = append(r.d.Names, name{Name: c.Name})
	}
	n := &r.d.Names[i]
	us := micro(c.Duration)
	n.Calls++
	n.Time += us
	n.Max = max(n.Max, us)
	failed := 0
	if c.Failed {
		failed = 1
		n.Failed++
		if n.Errors == nil {
			n.Errors = make(map[string]int)
		}
		n.Errors[c.Error]++
	}
	at, thread := r.since(c.Start), r.thread(c.TID)
	if r.room() {
		r.d.Calls = append(r.d.Calls, call{thread, i, at, us, c.Arguments, c.Result, failed})
	}
}

// Mark adds a moment: a signal, an exec, an end.
func (r *Report) Mark(tid int, at time.Time, kind, text string) {
	t, us := r.thread(tid), r.since(at)
	if r.room() {
		r.d.Marks = append(r.d.Marks, mark{t, us, kind, text})
	}
}

func (r *Report) room() bool {
	limit := r.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if len(r.d.Calls)+len(r.d.Marks) < limit {
		return true
	}
	r.d.Hidden++
	return false
}

// since is the time from the beginning, which the first event is.
func (r *Report) since(at time.Time) float64 {
	if r.start.IsZero() {
		r.start = at
	}
	return micro(at.Sub(r.start))
}

func micro(d time.Duration) float64 { return float64(d) / 1e3 }

// Write writes the report.
func (r *Report) Write(w io.Writer) error {
	d := r.d
	d.Title = r.Title
	if !r.start.IsZero() {
		d.Start = r.start.Format("2006-01-02 15:04:05.000 MST")
	}
	// The script wants lists where there is nothing.
	d.Threads, d.Names = slices.Concat([]thread{}, d.Threads), slices.Concat([]name{}, d.Names)
	d.Calls, d.Marks = slices.Concat([]call{}, d.Calls), slices.Concat([]mark{}, d.Marks)
	// Marshal escapes <, > and &, so that no string can end the script.
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(page, []byte("%DATA%"))
	for _, part := range [][]byte{before, text, after} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
