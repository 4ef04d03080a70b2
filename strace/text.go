package strace

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/strace/decode"
)

// text writes strace's notation.
type text struct {
	*Log
	colour bool
	last   time.Time // of the line before, for -r
}

// spaces are enough to align results for usual values of -a.
var spaces = strings.Repeat(" ", 256)

// pad appends spaces up to a column.
func pad(buf []byte, from, to int) []byte {
	for from < to {
		n := min(to-from, len(spaces))
		buf = append(buf, spaces[:n]...)
		from += n
	}
	return buf
}

// leader appends what stands before every line.
func (f *text) leader(buf []byte, t *Tracee, at time.Time) []byte {
	o := f.opts
	switch {
	case o.Separate && o.Output != "":
	case o.Output != "" && o.several():
		start := len(buf)
		buf = f.comm(strconv.AppendInt(buf, int64(t.TID), 10), t)
		buf = append(pad(buf, len(buf)-start, 5), ' ')
	case o.Output == "" && f.live > 1:
		buf = append(buf, "[pid "...)
		buf = f.comm(appendRight(buf, uint64(t.TID), 5), t)
		buf = append(buf, "] "...)
	}
	if o.Timestamp.Precision != NoTime {
		buf = append(appendTimestamp(buf, at.In(f.zone), o.Timestamp), ' ')
	}
	if o.Relative != NoTime {
		buf = f.relative(buf, at)
	}
	if o.CallNumber {
		buf = append(appendRight(append(buf, '['), t.number(), 4), "] "...)
	}
	if o.InstructionPointer {
		buf = appendIP(buf, t.IP)
	}
	return buf
}

// number is that of the thread's call for the kernel.
func (t *Tracee) number() uint64 {
	if t.Call.ABI == nil {
		return 0 // it has made none yet
	}
	return t.Call.ABI.Through(t.Call.Nr)
}

// several reports whether more than one thread may be in the output.
func (o *Options) several() bool {
	begun := len(o.PIDs)
	if len(o.Command) > 0 {
		begun++
	}
	return o.Follow || begun > 1
}

// comm appends what the thread calls itself, if that is asked for.
func (f *text) comm(buf []byte, t *Tracee) []byte {
	if f.opts.DecodePIDs&PIDComm == 0 || t.Name == "" {
		return buf
	}
	return append(appendPath(append(buf, '<'), t.Name), '>')
}

// relative appends the time since the line before, in parentheses where it
// follows a time of day.
func (f *text) relative(buf []byte, at time.Time) []byte {
	var d time.Duration
	if !f.last.IsZero() {
		d = max(0, at.Sub(f.last))
	}
	f.last = at
	both := f.opts.Timestamp.Precision != NoTime
	if both {
		buf = append(buf, "(+"...)
	}
	buf = appendRight(buf, uint64(d/time.Second), 6)
	buf = appendFraction(buf, int64(d%time.Second), f.opts.Relative)
	if both {
		buf = append(buf, ')')
	}
	return append(buf, ' ')
}

func appendIP(buf []byte, ip uint64) []byte {
	if ip == 0 {
		return append(buf, "[????????????????] "...)
	}
	buf = append(buf, '[')
	for shift := 60; shift >= 0; shift -= 4 {
		buf = append(buf, "0123456789abcdef"[ip>>shift&15])
	}
	return append(buf, "] "...)
}

// begin starts a line for t and returns where in the channel's buffer.
func (f *text) begin(t *Tracee, at time.Time) int {
	f.interrupt(t.ch)
	start := len(t.ch.buf)
	t.ch.buf = f.leader(t.ch.buf, t, at)
	return start
}

// line writes a line that is not a call.
func (f *text) line(t *Tracee, at time.Time, write func(buf []byte) []byte) {
	f.begin(t, at)
	start := len(t.ch.buf)
	t.ch.buf = write(t.ch.buf)
	t.ch.buf = append(f.paint(t.ch.buf, start, len(t.ch.buf), eventColour), '\n')
	f.saved(t.ch)
}

func (f *text) attach(t *Tracee, _ time.Time) { f.attachedNotice(t) }

// staged: a line is printed when its status is known, if that is asked for.
func (f *text) staged() bool { return f.opts.Status != AllStatuses }

func (f *text) entry(t *Tracee, at time.Time) {
	if f.staged() {
		t.line = f.leader(t.line[:0], t, at)
		t.line = f.arguments(t.line, t)
		return
	}
	start := f.begin(t, at)
	ch := t.ch
	ch.buf = f.arguments(ch.buf, t)
	ch.open, ch.column = t, f.columns(ch.buf[start:])
	f.saved(ch)
}

// arguments appends the call as far as it is known at entry.
func (f *text) arguments(buf []byte, t *Tracee) []byte {
	start := len(buf)
	buf = f.dec.Entry(buf, &t.Call)
	t.complete = t.Call.Complete()
	return f.paintName(buf, start)
}

func (f *text) exit(t *Tracee, at time.Time, _ time.Duration, status StatusSet) {
	ch := t.ch
	if f.staged() {
		if f.opts.Status&status == 0 {
			return
		}
		f.interrupt(ch)
		t.line = f.finish(t.line, f.columns(t.line), t, at, status)
		ch.buf = append(ch.buf, t.line...)
	} else {
		if status == Detached && ch.open != t {
			return
		}
		if ch.open != t {
			start := f.begin(t, at)
			ch.buf = append(ch.buf, "<... "...)
			name := len(ch.buf)
			ch.buf = appendCallName(ch.buf, t)
			ch.buf = f.paint(ch.buf, name, len(ch.buf), nameColour)
			ch.buf = append(ch.buf, " resumed>"...)
			ch.column = f.columns(ch.buf[start:])
		}
		ch.buf = f.finish(ch.buf, ch.column, t, at, status)
		ch.open = nil
	}
	ch.buf = f.dump(ch.buf, t, status)
	if status&(Successful|Failed|Unavailable) != 0 {
		ch.buf = f.stack(ch.buf, t)
	}
	f.saved(ch)
}

// finish appends the rest of a call to a line that is column long.
func (f *text) finish(buf []byte, column int, t *Tracee, at time.Time, status StatusSet) []byte {
	start := len(buf)
	switch status {
	case Successful, Failed, Unavailable:
		buf = f.dec.Exit(buf, &t.Call)
	case Detached:
		return append(buf, " <detached ...>\n"...)
	default:
		if !t.complete {
			buf = append(buf, " <unfinished ...>"...)
		}
		buf = append(buf, ')')
	}
	buf = append(buf, ' ')
	buf = pad(buf, column+len(buf)-start, f.opts.Column)
	switch status {
	case Unfinished:
		return append(buf, "= ?\n"...)
	case Unavailable:
		return append(buf, "= ? <unavailable>\n"...)
	}
	buf = append(buf, "= "...)
	result := len(buf)
	buf = f.dec.Result(buf, &t.Call)
	if t.Call.IsError && buf[result] == '-' { // else it is to be restarted
		buf = f.paint(buf, result, len(buf), errorColour)
	}
	buf = append(buf, t.Fault.String()...)
	if f.opts.CallTime != NoTime {
		d := t.took
		buf = strconv.AppendInt(append(buf, " <"...), int64(d/time.Second), 10)
		buf = append(appendFraction(buf, int64(d%time.Second), f.opts.CallTime), '>')
	}
	return append(buf, '\n')
}

func appendCallName(buf []byte, t *Tracee) []byte {
	c := &t.Call
	if call, ok := c.ABI.Lookup(c.Nr); ok {
		return append(buf, call.Name...)
	}
	return appendHex(append(buf, "syscall_"...), c.Nr)
}

func (f *text) signal(t *Tracee, sig int, info []byte, at time.Time) {
	f.line(t, at, func(buf []byte) []byte {
		buf = append(decode.AppendSignal(append(buf, "--- "...), sig), ' ')
		if info != nil {
			buf = append(f.dec.Siginfo(buf, kernelInfo(t.TID), info), ' ')
		}
		return append(buf, "---"...)
	})
	t.ch.buf = f.stack(t.ch.buf, t)
	f.saved(t.ch)
}

// stack appends the lines of -k, if there are to be any.
func (f *text) stack(buf []byte, t *Tracee) []byte {
	if !f.opts.StackTrace {
		return buf
	}
	return appendFrames(buf, t.Stack)
}

func (f *text) stop(t *Tracee, sig int, at time.Time) {
	f.line(t, at, func(buf []byte) []byte {
		return append(decode.AppendSignal(append(buf, "--- stopped by "...), sig), " ---"...)
	})
}

func (f *text) exec(leader, t *Tracee, at time.Time) {
	former := t.TID
	if t.ch.open == t {
		t.ch.buf = appendField(t.ch.buf, " <pid changed to ", int64(leader.TID))
		t.ch.buf = append(t.ch.buf, " ...>\n"...)
		t.ch.open = nil
		f.saved(t.ch)
	}
	if f.opts.Quiet&QuietThreadExecve != 0 || leader.ch == nil {
		return
	}
	f.line(leader, at, func(buf []byte) []byte {
		return append(appendField(buf, "+++ superseded by execve in pid ", int64(former)), " +++"...)
	})
}

func (f *text) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	if status.Exited() && f.opts.Quiet&QuietExit != 0 {
		return
	}
	t.IP = 0 // it has none any more
	f.line(t, at, func(buf []byte) []byte {
		if status.Signaled() {
			buf = decode.AppendSignal(append(buf, "+++ killed by "...), int(status.Signal()))
			if status.CoreDump() {
				buf = append(buf, " (core dumped)"...)
			}
			return append(buf, " +++"...)
		}
		return append(appendField(buf, "+++ exited with ", int64(status.ExitStatus())), " +++"...)
	})
	// The stack of the call that it ended in: strace prints it here, too.
	t.ch.buf = f.stack(t.ch.buf, t)
	f.saved(t.ch)
}

func (f *text) detach(*Tracee, time.Time) {}
