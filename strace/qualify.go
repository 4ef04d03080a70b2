package strace

import (
	"strings"

	"github.com/utrace/utrace/strace/inject"
	"github.com/utrace/utrace/syscalls"
)

// qualifiers are the words before the equals sign of -e, with their short forms.
var qualifiers = map[string]string{
	"trace": "trace", "t": "trace",
	"abbrev": "abbrev", "a": "abbrev",
	"verbose": "verbose", "v": "verbose",
	"raw": "raw", "x": "raw",
	"signal": "signal", "signals": "signal", "s": "signal",
	"status": "status",
	"read":   "read", "reads": "read", "r": "read",
	"write": "write", "writes": "write", "w": "write",
	"quiet": "quiet", "silent": "quiet", "silence": "quiet", "q": "quiet",
	"decode-fds": "decode-fds", "decode-fd": "decode-fds",
	"decode-pids": "decode-pids", "decode-pid": "decode-pids",
	"fault": "fault", "inject": "inject", "kvm": "kvm",
}

// expression handles -e [QUALIFIER=]VALUE. What has no known qualifier is a
// set of calls as a whole, whatever it contains: /regular=expressions too.
func (p *parser) expression(expr string) error {
	word, value, found := strings.Cut(expr, "=")
	q, known := qualifiers[word]
	if !found || !known {
		q, value = "trace", expr
	}
	if why, ok := unsupported[q]; ok {
		return plainError("-e %s is not supported: %s", q, why)
	}
	return p.qualify(q, value)
}

// qualify sets one qualifier; a later one replaces an earlier one.
func (p *parser) qualify(q, value string) (err error) {
	switch q {
	case "trace":
		return callSet(&p.Trace, value)
	case "raw":
		return callSet(&p.Raw, value)
	case "abbrev":
		return complementSet(&p.Full, value)
	case "verbose":
		return complementSet(&p.Opaque, value)
	case "signal":
		p.Signals, err = ParseSignalSet(value)
	case "read":
		p.ReadFDs, err = ParseFDSet(value)
	case "write":
		p.WriteFDs, err = ParseFDSet(value)
	case "status":
		p.Status, err = parseWords("status", value, statusWords)
	case "inject":
		return p.fault(inject.Parse(value))
	case "fault":
		return p.fault(inject.ParseFault(value))
	case "quiet":
		p.quietsLong++
		p.Quiet, err = parseWords("quiet", value, quietWords)
	case "kvm":
		if value != "vcpu" {
			return plainError("invalid -e kvm= argument: '%s'", value)
		}
		p.VCPUExits = true
	case "decode-pids":
		p.DecodePIDs, err = parseWords("decode-pids", value, pidWords)
	case "decode-fds":
		p.fdsLong++
		p.DecodeFDs, err = parseWords("decode-fds", value, fdWords)
	}
	return err
}

func callSet(set **syscalls.Set, expr string) error {
	s, err := syscalls.ParseSet(expr)
	if err != nil {
		return &UsageError{Message: err.Error(), Hint: strings.Contains(err.Error(), "personality")}
	}
	*set = s
	return nil
}

// complementSet parses a set of calls and keeps the others.
func complementSet(set **syscalls.Set, expr string) error {
	if err := callSet(set, expr); err != nil {
		return err
	}
	return callSet(set, "!"+expr)
}

// A word is one element that a set of words may contain.
type word[T any] struct {
	name string
	bits T
}

// parseWords parses [!]WORD,... with all and none standing alone.
func parseWords[T ~uint](what, value string, words []word[T]) (T, error) {
	var every, bits T
	for _, w := range words {
		every |= w.bits
	}
	list := strings.TrimLeft(value, "!")
	negate := (len(value)-len(list))%2 == 1
	switch list {
	case "all":
		bits = every
	case "none":
	default:
		for _, item := range elements(list, value) {
			found := false
			for _, w := range words {
				if w.name == item {
					bits |= w.bits
					found = true
				}
			}
			if !found {
				return 0, plainError("invalid %s '%s'", what, item)
			}
		}
	}
	if negate {
		bits ^= every
	}
	return bits, nil
}

// elements splits a list at its commas. Empty elements do not count; if there is
// no other, the whole value is the one that is wrong.
func elements(list, value string) []string {
	var out []string
	for item := range strings.SplitSeq(list, ",") {
		if item != "" {
			out = append(out, item)
		}
	}
	if out == nil {
		return []string{value}
	}
	return out
}
