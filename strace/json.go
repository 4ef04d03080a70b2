package strace

import (
	"encoding/binary"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/utrace/utrace/strace/decode"
)

// jsonLines writes one JSON object per line, as docs/strace-json.md describes.
// It is written out by hand: reflection would cost more than the rest of it.
type jsonLines struct {
	*Log
	args, result []byte // scratch
}

// exactNumbers: larger integers than 2^53 lose digits in readers whose numbers
// are doubles, and are written as strings (RFC 8259, section 6).
const exactNumbers = 1 << 53

func (f *jsonLines) begin(t *Tracee, kind string, at time.Time) []byte {
	buf := append(t.ch.buf, `{"v":1,"type":"`...)
	buf = append(buf, kind...)
	buf = append(buf, `","ts":"`...)
	buf = appendTimestamp(buf, at, Timestamp{Precision: Nanoseconds, Unix: true})
	buf = appendField(buf, `","tid":`, int64(t.TID))
	return appendField(buf, `,"pid":`, int64(t.PID))
}

func (f *jsonLines) end(t *Tracee, buf []byte) {
	t.ch.buf = append(buf, "}\n"...)
	f.saved(t.ch)
}

var originNames = [...]string{Launched: "launched", Followed: "followed", Attached: "attached"}

func (f *jsonLines) attach(t *Tracee, at time.Time) {
	buf := f.begin(t, "attach", at)
	buf = append(append(buf, `,"origin":"`...), originNames[t.Origin]...)
	f.end(t, append(buf, '"'))
}

// entry decodes the arguments that the kernel may overwrite; the object is
// written when the call ends.
func (f *jsonLines) entry(t *Tracee, _ time.Time) {
	t.line = f.dec.Entry(t.line[:0], &t.Call)
	t.complete = t.Call.Complete()
}

var statusNames = map[StatusSet]string{
	Successful: "successful", Failed: "failed", Unfinished: "unfinished",
	Unavailable: "unavailable", Detached: "detached",
}

func (f *jsonLines) exit(t *Tracee, at time.Time, _ time.Duration, status StatusSet) {
	if f.opts.Status&status == 0 {
		return
	}
	c := &t.Call
	returned := status&(Successful|Failed) != 0
	if returned || status == Unavailable {
		t.line = f.dec.Exit(t.line, c)
	} else {
		t.line = append(t.line, ')')
	}
	buf := f.begin(t, "syscall", t.entered)
	buf = append(append(buf, `,"abi":"`...), c.ABI.Name...)
	buf = appendNumber(append(buf, `","nr":`...), c.ABI.Through(c.Nr))
	buf = append(append(buf, `,"name":"`...), c.ABI.CallName(c.Nr)...)
	buf = append(buf, `","args":[`...)
	n := len(c.Args)
	if call, ok := c.ABI.Lookup(c.Nr); ok {
		n = call.NArgs
	}
	for i := range n {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendNumber(buf, c.Args[i])
	}
	buf = appendArguments(append(buf, `],"text":[`...), t.line)
	buf = append(append(buf, `],"status":"`...), statusNames[status]...)
	buf = append(buf, '"')
	if returned {
		buf = f.outcome(buf, c)
		buf = appendField(buf, `,"duration_ns":`, int64(t.took))
	}
	f.end(t, appendFault(buf, t.Fault))
}

// outcome appends the result: the number, the name of the error, the text.
func (f *jsonLines) outcome(buf []byte, c *decode.Call) []byte {
	if c.IsError {
		buf = append(buf, `,"result":-1,"errno":`...)
		if name := decode.ErrnoName(int(c.Result)); name != "" {
			buf = append(append(append(buf, '"'), name...), '"')
		} else {
			buf = strconv.AppendInt(buf, c.Result, 10)
		}
	} else {
		buf = append(buf, `,"result":`...)
		if c.Result < 0 && c.Result >= -exactNumbers {
			buf = strconv.AppendInt(buf, c.Result, 10)
		} else {
			buf = appendNumber(buf, uint64(c.Result))
		}
	}
	f.result = f.dec.Result(f.result[:0], c)
	return appendString(append(buf, `,"result_text":`...), f.result)
}

func (f *jsonLines) signal(t *Tracee, sig int, info []byte, at time.Time) {
	buf := decode.AppendSignal(append(f.begin(t, "signal", at), `,"signal":"`...), sig)
	buf = appendField(buf, `","number":`, int64(sig))
	if info != nil {
		code := int32(binary.NativeEndian.Uint32(info[8:]))
		buf = appendField(buf, `,"code":`, int64(code))
		f.args = f.dec.Siginfo(f.args[:0], kernelInfo(t.TID), info)
		buf = appendString(append(buf, `,"info":`...), f.args)
	}
	f.end(t, buf)
}

func (f *jsonLines) stop(t *Tracee, sig int, at time.Time) {
	buf := decode.AppendSignal(append(f.begin(t, "stop", at), `,"signal":"`...), sig)
	f.end(t, appendField(buf, `","number":`, int64(sig)))
}

func (f *jsonLines) exec(leader, t *Tracee, at time.Time) {
	buf := f.begin(t, "exec", at)
	f.end(t, appendField(buf, `,"new_tid":`, int64(leader.TID)))
}

func (f *jsonLines) death(t *Tracee, status syscall.WaitStatus, at time.Time) {
	buf := f.begin(t, "exit", at)
	if status.Signaled() {
		buf = decode.AppendSignal(append(buf, `,"signal":"`...), int(status.Signal()))
		buf = appendField(buf, `","number":`, int64(status.Signal()))
		buf = strconv.AppendBool(append(buf, `,"core":`...), status.CoreDump())
	} else {
		buf = appendField(buf, `,"code":`, int64(status.ExitStatus()))
	}
	f.end(t, buf)
}

func (f *jsonLines) detach(t *Tracee, at time.Time) { f.end(t, f.begin(t, "detach", at)) }

func appendNumber(buf []byte, n uint64) []byte {
	if n <= exactNumbers {
		return strconv.AppendUint(buf, n, 10)
	}
	return append(strconv.AppendUint(append(buf, '"'), n, 10), '"')
}

// appendArguments splits the decoder's text, name(a, b, c), at the commas
// between arguments: those outside of quotes, brackets and comments.
func appendArguments(buf, text []byte) []byte {
	start := 0
	for start < len(text) && text[start] != '(' {
		start++
	}
	text = text[min(start+1, len(text)):]
	text = text[:max(0, len(text)-1)] // without the closing parenthesis
	depth, quoted, comment, first := 0, false, false, true
	flush := func(end int, from int) {
		arg := text[from:end]
		if len(arg) == 0 {
			return
		}
		if !first {
			buf = append(buf, ',')
		}
		first = false
		buf = appendString(buf, arg)
	}
	from := 0
	for i := 0; i < len(text); i++ {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch c := text[i]; {
		case comment:
			comment = !(c == '*' && next == '/')
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '/' && next == '*':
			comment = true
			i++
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && next == ' ' && depth == 0:
			flush(i, from)
			from = i + 2
			i++
		}
	}
	if from <= len(text) {
		flush(len(text), from)
	}
	return buf
}

// appendString appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(buf, s []byte) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			buf = append(buf, '\\', c)
		case c < ' ' || c == 0x7f:
			buf = append(buf, `\u00`...)
			buf = append(buf, hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			buf = append(buf, c)
		default:
			r, n := utf8.DecodeRune(s[i:])
			buf = utf8.AppendRune(buf, r)
			i += n
			continue
		}
		i++
	}
	return append(buf, '"')
}
