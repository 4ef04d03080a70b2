package rsp

import "bytes"

// Run is a vRun packet: start a program. An empty Path is the one that ran
// before.
type Run struct {
	Path string
	Args []string
}

var runPrefix = []byte("vRun;")

// ParseRun parses vRun.
func ParseRun(packet []byte) (r Run, err error) {
	text, ok := bytes.CutPrefix(packet, runPrefix)
	if !ok {
		return r, malformed
	}
	for i, part := range bytes.Split(text, []byte(";")) {
		word, ok := Hex(nil, part)
		if !ok || bytes.IndexByte(word, 0) >= 0 {
			return r, malformed
		}
		if i == 0 {
			r.Path = string(word)
		} else {
			r.Args = append(r.Args, string(word))
		}
	}
	return r, nil
}

// AppendTo appends the packet.
func (r Run) AppendTo(dst []byte) []byte {
	dst = AppendHex(append(dst, runPrefix...), []byte(r.Path))
	for _, arg := range r.Args {
		dst = AppendHex(append(dst, ';'), []byte(arg))
	}
	return dst
}

// ParseProcess parses what stands behind "vAttach;", "vKill;" or "D;": a process
// id.
func ParseProcess(text []byte) (pid int, err error) {
	v, ok := Number(text)
	if !ok || v == 0 || v > 1<<31-1 {
		return 0, malformed
	}
	return int(v), nil
}

// Features is the list of a qSupported packet, and of its reply: name to value,
// "+" or "-" for those without one.
type Features map[string]string

// ParseFeatures parses the list.
func ParseFeatures(text []byte) Features {
	list := Features{}
	for word := range bytes.SplitSeq(text, []byte(";")) {
		if len(word) == 0 {
			continue
		}
		if name, value, found := bytes.Cut(word, []byte("=")); found {
			list[string(name)] = string(value)
			continue
		}
		if last := word[len(word)-1]; last == '+' || last == '-' || last == '?' {
			list[string(word[:len(word)-1])] = string(last)
		}
	}
	return list
}

// Has reports whether a feature is supported.
func (f Features) Has(name string) bool { return f[name] == "+" }

// CatchSyscalls is a QCatchSyscalls packet. On without Numbers means all.
type CatchSyscalls struct {
	On      bool
	Numbers []uint64
}

// ParseCatchSyscalls parses what stands behind "QCatchSyscalls:".
func ParseCatchSyscalls(text []byte) (c CatchSyscalls, err error) {
	switch {
	case string(text) == "0":
		return c, nil
	case len(text) == 0 || text[0] != '1':
		return c, malformed
	}
	c.On = true
	for text = text[1:]; len(text) != 0; {
		if text[0] != ';' {
			return c, malformed
		}
		n, rest, ok := number(text[1:])
		if !ok {
			return c, malformed
		}
		c.Numbers, text = append(c.Numbers, n), rest
	}
	return c, nil
}

// AppendTo appends the list.
func (c CatchSyscalls) AppendTo(dst []byte) []byte {
	if !c.On {
		return append(dst, '0')
	}
	dst = append(dst, '1')
	for _, n := range c.Numbers {
		dst = AppendNumber(append(dst, ';'), n)
	}
	return dst
}

// TLS is a qGetTLSAddr packet: where is a thread's copy of a variable?
type TLS struct {
	Thread Thread
	// Offset of the variable in the block of its object, whose link map is at
	// Module.
	Offset, Module uint64
}

// ParseTLS parses what stands behind "qGetTLSAddr:".
func ParseTLS(text []byte) (q TLS, err error) {
	thread, rest, ok := ParseThread(text)
	if !ok || len(rest) == 0 || rest[0] != ',' {
		return q, malformed
	}
	v, rest, ok := numbers(rest[1:], ",")
	if !ok || len(rest) != 0 {
		return q, malformed
	}
	return TLS{thread, v[0], v[1]}, nil
}

// AppendTo appends the query.
func (q TLS) AppendTo(dst []byte, multi bool) []byte {
	dst = append(q.Thread.AppendTo(dst, multi), ',')
	return AppendNumber(append(AppendNumber(dst, q.Offset), ','), q.Module)
}
