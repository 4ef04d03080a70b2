package strace

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace/record"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// recordDelay bounds what is lost when the tracer is killed.
const recordDelay = time.Second

// recordedString is how much of a string is recorded at least, so that it can
// be printed with a larger -s later.
const recordedString = 1024

// recorder writes a recording (--record). It has the decoder print each call in
// full and keeps what that took: the memory and the descriptors that it asked
// for.
type recorder struct {
	log     *Log
	file    *os.File
	writer  *record.Writer // or
	ring    *record.Ring   // which is written at once
	dec     *decode.Decoder
	threads map[*Tracee]*recorded
	text    []byte // scratch
	ev      record.Event
	armed   bool
	dumped  bool
	closed  bool
}

func newRecorder(l *Log, file *os.File) output {
	r := &recorder{log: l, file: file, threads: make(map[*Tracee]*recorded)}
	opts := decode.Options{StrSize: max(recordedString, l.opts.StringLimit), Full: syscalls.All()}
	if l.resolve != nil {
		opts.FD = r.resolve
	}
	r.dec = decode.New(opts)
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		size = 0 // a pipe: nothing is there
	}
	if l.opts.Outputs.Ring != 0 {
		r.ring = record.NewRing(l.opts.Outputs.Ring)
	} else {
		r.writer = record.NewWriter(file, size)
	}
	begin := record.Event{Kind: record.Begin, Time: time.Now(), Command: l.opts.Command}
	if l.opts.Follow {
		begin.Options = append(begin.Options, "-f")
	}
	begin.Options = append(begin.Options, "-s", itoa(opts.StrSize))
	for _, pid := range l.opts.PIDs {
		begin.Options = append(begin.Options, "-p", itoa(pid))
	}
	r.add(&begin)
	return r
}

// add appends an event.
func (r *recorder) add(ev *record.Event) {
	if r.ring != nil {
		r.ring.Event(ev)
		return
	}
	r.failed(r.writer.Event(ev))
	if !r.armed && !r.closed {
		r.armed = true
		time.AfterFunc(recordDelay, r.flush)
	}
}

// flush writes what waits.
func (r *recorder) flush() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.armed = false
	if !r.closed {
		r.failed(r.writer.Flush())
	}
}

func (r *recorder) failed(err error) { r.log.outputFailed(r.fileName(), err) }

// ReadMemory implements decode.Memory: it reads for the decoder, and keeps it.
func (c *keeper) ReadMemory(addr uint64, buf []byte) (int, error) {
	n, err := c.from.ReadMemory(addr, buf)
	if n > 0 {
		c.to.Memory = append(c.to.Memory, record.Memory{Addr: addr, Data: bytes.Clone(buf[:n])})
	}
	return n, err
}

// Used implements decode.StringMemory: what was read behind a string is not kept.
func (c *keeper) Used(n int) {
	last := &c.to.Memory[len(c.to.Memory)-1]
	last.Data = last.Data[:n]
}

// keeper is the memory that the decoder sees.
type keeper struct {
	from decode.Memory
	to   *record.Event
}

// resolve describes a descriptor for the decoder, and keeps it.
func (r *recorder) resolve(buf []byte, tid int, fd int32) []byte {
	start := len(buf)
	buf = r.log.resolve(buf, tid, fd)
	r.ev.FDs = append(r.ev.FDs, record.FD{Number: fd, Text: string(buf[start:])})
	return buf
}

func (r *recorder) event(kind record.Kind, t *Tracee, at time.Time) *record.Event {
	memory, fds := r.ev.Memory[:0], r.ev.FDs[:0]
	r.ev = record.Event{Kind: kind, Time: at, TID: t.TID, Memory: memory, FDs: fds}
	return &r.ev
}

func (r *recorder) attach(t *Tracee, at time.Time) {
	ev := r.event(record.Attach, t, at)
	ev.PID, ev.Origin = t.PID, int(t.Origin)
	r.add(ev)
	r.threads[t] = new(recorded)
	r.named(t, at)
}

// recorded is a thread.
type recorded struct {
	call decode.Call
	name string
}

// named writes the name of a thread if it has changed.
func (r *recorder) named(t *Tracee, at time.Time) {
	if x := r.threads[t]; t.Name != x.name {
		x.name = t.Name
		ev := r.event(record.Name, t, at)
		ev.Text = t.Name
		r.add(ev)
	}
}

func (r *recorder) entry(t *Tracee, at time.Time) {
	ev := r.event(record.Entry, t, at)
	c := &r.threads[t].call
	*c = decode.Call{ABI: t.Call.ABI, Nr: t.Call.Nr, Args: t.Call.Args, TID: t.TID, SP: t.Call.SP}
	ev.ABI, ev.Nr, ev.Args, ev.SP, ev.PC = c.ABI.Name, c.Nr, c.Args, c.SP, t.IP
	if t.Call.Mem != nil {
		c.Mem = &keeper{t.Call.Mem, ev}
	}
	r.text = r.dec.Entry(r.text[:0], c)
	r.add(ev)
}

func (r *recorder) exit(t *Tracee, at time.Time, cpu time.Duration, status StatusSet) {
	r.named(t, at)
	ev := r.event(record.Exit, t, at)
	ev.Took, ev.System, ev.Fault = t.took, cpu, uint8(t.Fault)
	switch status {
	case Successful, Failed:
		c := &r.threads[t].call
		c.Result, c.IsError = t.Call.Result, t.Call.IsError
		ev.Result, ev.Failed = c.Result, c.IsError
		if t.Call.Mem != nil {
			c.Mem = &keeper{t.Call.Mem, ev}
		}
		r.text = r.dec.Exit(r.text[:0], c)
		r.text = r.dec.Result(r.text, c)
	case Unavailable:
		ev.Outcome = record.Unavailable
	case Detached:
		return // told by the event of that name
	default:
		ev.Outcome = record.Unfinished
	}
	r.add(ev)
}

func (r *recorder) signal(t *Tracee, sig int, info []byte, at time.Time) {
	ev := r.event(record.Signal, t, at)
	ev.Signal, ev.Info = sig, info
	r.add(ev)
}

func (r *recorder) stop(t *Tracee, sig int, at time.Time) {
	ev := r.event(record.Stop, t, at)
	ev.Signal = sig
	r.add(ev)
}

func (r *recorder) exec(leader, t *Tracee, at time.Time) {
	ev := r.event(record.Exec, t, at)
	ev.Other = leader.TID
	r.add(ev)
	delete(r.threads, leader)
}

func (r *recorder) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	ev := r.event(record.Death, t, at)
	ev.Status = int(status)
	r.add(ev)
	delete(r.threads, t)
	if status.Signaled() && r.ring != nil && !r.dumped {
		r.dumped = true
		r.dump(fmt.Sprintf("process %d was killed by %s", t.PID, SignalName(int(status.Signal()))))
	}
}

func (r *recorder) detach(t *Tracee, at time.Time) {
	r.add(r.event(record.Detach, t, at))
	delete(r.threads, t)
}

// dump writes the flight recorder's memory over what it wrote before.
func (r *recorder) dump(why string) {
	err := r.file.Truncate(0)
	if err == nil {
		_, err = r.file.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = r.ring.WriteTo(r.file)
	}
	r.failed(err)
	if err == nil {
		r.log.notice(fmt.Sprintf("%s: the flight recorder is in %s", why, r.fileName()))
	}
}

func (r *recorder) close() error {
	r.closed = true
	if r.ring == nil {
		return errorsOf(r.writer.Close(), r.file.Close())
	}
	// What came after a crash belongs to the story.
	switch l := r.log; {
	case r.dumped:
		r.dump("the trace ended")
	case l.ended && (l.command.Signaled() || l.command.ExitStatus() != 0):
		r.dump(fmt.Sprintf("the command exited with %d", l.command.ExitStatus()))
	}
	return r.file.Close()
}

// errorsOf returns the first error.
func errorsOf(list ...error) error {
	if i := slices.IndexFunc(list, func(err error) bool { return err != nil }); i >= 0 {
		return list[i]
	}
	return nil
}

func (r *recorder) fileName() string { return r.file.Name() }
