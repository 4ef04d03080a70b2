package strace

import (
	"bytes"
	"strings"
	"syscall"

	"github.com/utrace/utrace/strace/decode"
)

// shown is a call in words, for the forms that are not lines.
type shown struct {
	call decode.Call
	text []byte
	name string
}

// speller puts calls into words, with a decoder of its own: the lines may be
// printed from another one at the same time.
type speller struct {
	log   *Log
	dec   *decode.Decoder
	calls map[*Tracee]*shown
	buf   []byte
}

func newSpeller(l *Log) speller {
	return speller{log: l, dec: decode.New(l.decoding()), calls: make(map[*Tracee]*shown)}
}

func (s *speller) enter(t *Tracee) *shown {
	x := s.calls[t]
	if x == nil {
		x = new(shown)
		s.calls[t] = x
	}
	x.call = decode.Call{ABI: t.Call.ABI, Nr: t.Call.Nr, Args: t.Call.Args, TID: t.TID, Mem: t.Call.Mem, SP: t.Call.SP}
	x.name = x.call.ABI.CallName(x.call.Nr)
	x.text = s.dec.Entry(x.text[:0], &x.call)
	return x
}

// leave returns the arguments and the result.
func (s *speller) leave(t *Tracee, status StatusSet) (x *shown, arguments, result string) {
	x = s.calls[t]
	if x == nil {
		return nil, "", ""
	}
	if status&(Successful|Failed) == 0 {
		return x, argumentsOf(append(x.text, ')')), "?"
	}
	x.call.Mem, x.call.Result, x.call.IsError = t.Call.Mem, t.Call.Result, t.Call.IsError
	x.text = s.dec.Exit(x.text, &x.call)
	s.buf = append(s.dec.Result(s.buf[:0], &x.call), t.Fault.String()...)
	return x, argumentsOf(x.text), string(s.buf)
}

// argumentsOf takes the name and the parentheses off.
func argumentsOf(text []byte) string {
	_, text, _ = bytes.Cut(text, []byte("("))
	return strings.TrimSuffix(string(text), ")")
}

func (s *speller) forget(t *Tracee) { delete(s.calls, t) }

// ended says how a thread ended.
func ended(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + SignalName(int(status.Signal()))
	}
	return "exited with " + itoa(status.ExitStatus())
}
