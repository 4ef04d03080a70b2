package bpf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/utrace/utrace/tracehook"
)

// The text of a Read, for plans that are kept in files:
//
//	["] source [+skip] :most [=element*source] [!]
//
// with a quotation mark for a string, and an exclamation mark for what is done
// after a failure, too. A source is a0 to a5 for an argument, sp for the stack
// pointer, r for the result, or w, the index of a read, its offset and its size
// for a word: w0.16/8.

// MarshalText implements encoding.TextMarshaler.
func (r Read) MarshalText() ([]byte, error) {
	var b []byte
	if r.String {
		b = append(b, '"')
	}
	b = r.Base.appendText(b)
	if r.Skip != 0 {
		b = fmt.Appendf(b, "+%d", r.Skip)
	}
	b = fmt.Appendf(b, ":%d", r.Most)
	if r.Count.from != 0 {
		b = fmt.Appendf(b, "=%d*", r.Element)
		b = r.Count.appendText(b)
	}
	if r.OnFailure {
		b = append(b, '!')
	}
	return b, nil
}

func (s Source) appendText(b []byte) []byte {
	switch from := int(s.from) - 1; {
	case s == StackPointer():
		return append(b, "sp"...)
	case s == Result():
		return append(b, 'r')
	case from < firstRead:
		return fmt.Appendf(b, "a%d", from)
	default:
		return fmt.Appendf(b, "w%d.%d/%d", from-firstRead, s.offset, s.size)
	}
}

// UnmarshalText implements encoding.TextUnmarshaler. Whether the read can be done
// is for NewObserver to say.
func (r *Read) UnmarshalText(text []byte) error {
	*r = Read{}
	s, err := string(text), error(nil)
	s, r.String = strings.CutPrefix(s, `"`)
	s, r.OnFailure = strings.CutSuffix(s, "!")
	from, most, ok := strings.Cut(s, ":")
	most, count, counted := strings.Cut(most, "=")
	from, skip, skipped := strings.Cut(from, "+")
	element, by, times := strings.Cut(count, "*")
	if !ok || counted != times {
		return unreadable(text)
	}
	numbers := []struct {
		given bool
		text  string
		to    *int
	}{{true, most, &r.Most}, {skipped, skip, &r.Skip}, {counted, element, &r.Element}}
	for _, n := range numbers {
		if !n.given {
			continue
		}
		if *n.to, err = strconv.Atoi(n.text); err != nil {
			return unreadable(text)
		}
	}
	if r.Base, ok = parseSource(from); !ok {
		return unreadable(text)
	}
	if counted {
		if r.Count, ok = parseSource(by); !ok {
			return unreadable(text)
		}
	}
	return nil
}

func unreadable(text []byte) error {
	return fmt.Errorf("a read %.40q: %w", text, tracehook.ErrInvalid)
}

func parseSource(s string) (Source, bool) {
	switch {
	case s == "sp":
		return StackPointer(), true
	case s == "r":
		return Result(), true
	case len(s) == 2 && s[0] == 'a' && s[1] >= '0' && s[1] <= '5':
		return Arg(int(s[1] - '0')), true
	case s == "" || s[0] != 'w':
		return Source{}, false
	}
	read, rest, _ := strings.Cut(s[1:], ".")
	offset, size, _ := strings.Cut(rest, "/")
	i, err1 := strconv.ParseUint(read, 10, 7)
	o, err2 := strconv.ParseUint(offset, 10, 16)
	n, err3 := strconv.ParseUint(size, 10, 8)
	if err1 != nil || err2 != nil || err3 != nil || i >= MaxReads {
		return Source{}, false
	}
	return Word(int(i), int(o), int(n)), true
}
