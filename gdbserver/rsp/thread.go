package rsp

import "math"

// Thread names a thread, or several: process PID and thread TID of it, each
// [Any] or [All] or an id.
type Thread struct{ PID, TID int }

// Values of Thread.PID and Thread.TID that are not ids.
const (
	Any = 0
	All = -1
)

// ParseThread takes a thread id off the front of a text: "pPID.TID", "pPID",
// which means all its threads, or "TID" where the process is not told.
func ParseThread(text []byte) (t Thread, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != 'p' {
		t.TID, rest, ok = id(text)
		return t, rest, ok
	}
	t.PID, rest, ok = id(text[1:])
	if !ok {
		return t, nil, false
	}
	if len(rest) == 0 || rest[0] != '.' {
		t.TID = All
		return t, rest, true
	}
	t.TID, rest, ok = id(rest[1:])
	return t, rest, ok
}

// id takes a number or -1 off the front of a text.
func id(text []byte) (n int, rest []byte, ok bool) {
	if len(text) >= 2 && text[0] == '-' && text[1] == '1' {
		return All, text[2:], true
	}
	v, rest, ok := number(text)
	if v > math.MaxInt32 {
		return 0, nil, false
	}
	return int(v), rest, ok
}

// AppendTo appends the id. multi is the form with the process.
func (t Thread) AppendTo(dst []byte, multi bool) []byte {
	if multi {
		dst = append(appendID(append(dst, 'p'), t.PID), '.')
	}
	return appendID(dst, t.TID)
}

func appendID(dst []byte, id int) []byte {
	if id < 0 {
		return append(dst, "-1"...)
	}
	return AppendNumber(dst, uint64(id))
}

// Covers reports whether the name stands for that thread, too.
func (t Thread) Covers(pid, tid int) bool {
	return (t.PID <= Any || t.PID == pid) && (t.TID <= Any || t.TID == tid)
}
