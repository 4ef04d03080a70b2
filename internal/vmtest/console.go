package vmtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// console reads what a guest writes, and finds the lines of init in it:
//
//	MARK TOKEN start NUMBER
//	MARK TOKEN exit NUMBER STATUS MILLISECONDS
//	MARK TOKEN end
//
// Everything between the first two is the output of a job. A program that does
// not end its last line has the line of init behind that.
type console struct {
	token string
	jobs  []Job
	live  func([]byte)
	done  func(Result)

	watch    *time.Timer
	deadline atomic.Int64 // of the watch, in Unix nanoseconds

	next   int // the job that is running or comes next
	inside bool
	output bytes.Buffer
	early  bytes.Buffer // what came before the first job
}

// read returns whether the guest came to its end.
func (c *console) read(from io.Reader) (complete bool) {
	c.set(bootLimit)
	mark := []byte(Mark + " " + c.token + " ")
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		// The terminal makes two characters of each line's end.
		if bytes.HasSuffix(line, []byte("\r\n")) {
			line = append(line[:len(line)-2], '\n')
		}
		text, order, marked := bytes.Cut(line, mark)
		c.text(text)
		if marked && c.order(string(order)) {
			return true
		}
		if err != nil {
			return false
		}
	}
}

func (c *console) text(text []byte) {
	if len(text) == 0 {
		return
	}
	if !c.inside {
		c.early.Write(text)
		return
	}
	c.output.Write(text)
	if c.live != nil {
		c.live(text)
	}
}

// order obeys a line of init.
func (c *console) order(line string) (end bool) {
	var n, status, ms int
	if _, err := fmt.Sscanf(line, "start %d", &n); err == nil && n == c.next && n < len(c.jobs) {
		c.inside = true
		c.output.Reset()
		c.set(c.jobs[n].Limit + endLimit)
		return false
	}
	if _, err := fmt.Sscanf(line, "exit %d %d %d", &n, &status, &ms); err == nil && n == c.next && c.inside {
		c.inside = false
		c.next++
		c.done(Result{Name: c.jobs[n].Name, Output: bytes.Clone(c.output.Bytes()), Status: status,
			Elapsed: time.Duration(ms) * time.Millisecond})
		c.set(endLimit)
		return false
	}
	return c.next == len(c.jobs)
}

// set gives the guest so much time from now on.
func (c *console) set(limit time.Duration) {
	c.deadline.Store(time.Now().Add(limit).UnixNano())
	c.watch.Reset(limit)
}

func (c *console) late() bool { return time.Now().UnixNano() >= c.deadline.Load() }

// where says how far the guest has come.
func (c *console) where() string {
	switch {
	case c.inside:
		return "in " + c.jobs[c.next].Name
	case c.next == 0:
		return fmt.Sprintf("at boot (its console says %q)", c.early.String())
	}
	return "after " + c.jobs[c.next-1].Name
}

// abandon reports the jobs that have not come to an end.
func (c *console) abandon(err error) {
	for ; c.next < len(c.jobs); c.next++ {
		r := Result{Name: c.jobs[c.next].Name, Status: -1, Err: err}
		if c.inside {
			r.Output = bytes.Clone(c.output.Bytes())
			c.inside = false
		}
		c.done(r)
	}
}
