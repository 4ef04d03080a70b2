package rsp

import "bytes"

// What LLDB, and Delve as its imitator, say in a dialect of their own (lldb's
// docs/lldb-gdb-remote.txt): questions with one number, and answers in pairs.

// Lookup is a packet that asks about an address or a register.
type Lookup struct {
	// Name is qMemoryRegionInfo or qRegisterInfo.
	Name  string
	Value uint64
}

const memoryRegionInfo = "qMemoryRegionInfo"

// ParseLookup parses these packets.
func ParseLookup(packet []byte) (l Lookup, err error) {
	text, ok := argument(packet, memoryRegionInfo, ':')
	l.Name = memoryRegionInfo
	if !ok {
		text, ok = bytes.CutPrefix(packet, []byte(registerInfo))
		l.Name = registerInfo
	}
	if !ok {
		return l, malformed
	}
	if l.Value, ok = Number(text); !ok {
		return l, malformed
	}
	return l, nil
}

// AppendTo appends the packet.
func (l Lookup) AppendTo(dst []byte) []byte {
	dst = append(dst, l.Name...)
	if l.Name == memoryRegionInfo {
		dst = append(dst, ':')
	}
	return AppendNumber(dst, l.Value)
}

// Pair is a part of an answer: "key:value;".
type Pair struct{ Key, Value string }

// Pairs is an answer in pairs. The zero value has none.
type Pairs []Pair

// Add adds a text. What would end the pair, or the packet, becomes an underscore.
func (p *Pairs) Add(key, text string) {
	*p = append(*p, Pair{key, string(bytes.Map(func(r rune) rune {
		if r == ';' || r == ':' || r == '#' || r == '$' || r == '}' || r == '*' || r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, []byte(text)))})
}

// AddHex adds any text, in hexadecimal.
func (p *Pairs) AddHex(key, text string) {
	*p = append(*p, Pair{key, string(AppendHex(nil, []byte(text)))})
}

// AddNumber adds a number, in hexadecimal.
func (p *Pairs) AddNumber(key string, v uint64) {
	*p = append(*p, Pair{key, string(AppendNumber(nil, v))})
}

// AppendTo appends the answer.
func (p Pairs) AppendTo(dst []byte) []byte {
	for _, x := range p {
		dst = append(append(append(append(dst, x.Key...), ':'), x.Value...), ';')
	}
	return dst
}

// ParsePairs parses an answer.
func ParsePairs(reply []byte) (list Pairs, err error) {
	for len(reply) != 0 {
		pair, rest, ended := bytes.Cut(reply, []byte(";"))
		key, value, found := bytes.Cut(pair, []byte(":"))
		if !ended || !found {
			return nil, malformed
		}
		list, reply = append(list, Pair{string(key), string(value)}), rest
	}
	return list, nil
}
