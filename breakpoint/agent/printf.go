package agent

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// format is the format of a printf: conversions, each with the text before it.
type format struct {
	conversions []conversion
	rest        string
}

// conversion is one conversion of printf(3).
type conversion struct {
	before string
	// verb is the conversion in Go's notation, and kind the letter in C's.
	verb string
	kind byte
	bits byte // of an integer
}

// maxText bounds strings that are read from memory, widths and precisions.
const maxText = 4096

var errFormat = errors.New("its format is not one of integers, characters, pointers and strings")

// parseFormat takes the format string, with its terminating zero, for so many
// arguments. Floating point, wide characters, %n and widths from arguments are
// not for agents: gdb does not send them either (format_pieces of gdb).
func parseFormat(text []byte, args int) (*format, error) {
	if len(text) == 0 || text[len(text)-1] != 0 {
		return nil, errors.New("its format has no end")
	}
	s := unescape(string(text[:len(text)-1]))
	f := &format{}
	var before strings.Builder
	for {
		plain, rest, found := strings.Cut(s, "%")
		before.WriteString(plain)
		if !found {
			break
		}
		if strings.HasPrefix(rest, "%") {
			before.WriteByte('%')
			s = rest[1:]
			continue
		}
		c, n := parseConversion(rest)
		if n == 0 {
			return nil, errFormat
		}
		c.before = before.String()
		before.Reset()
		f.conversions = append(f.conversions, c)
		s = rest[n:]
	}
	f.rest = before.String()
	if len(f.conversions) != args {
		return nil, fmt.Errorf("its format is for %d arguments, and there are %d", len(f.conversions), args)
	}
	return f, nil
}

// parseConversion takes what follows a %, and returns its length, 0 if it is
// none.
func parseConversion(s string) (c conversion, n int) {
	width := 0
	for n < len(s) && strings.IndexByte("-+ #0123456789.", s[n]) >= 0 {
		if d := s[n]; d >= '0' && d <= '9' {
			width = width*10 + int(d-'0')
		} else {
			width = 0
		}
		if n++; width > maxText {
			return c, 0
		}
	}
	flags := s[:n]
	c.bits = 32
	for n < len(s) && strings.IndexByte("hljzt", s[n]) >= 0 {
		switch {
		case s[n] != 'h':
			c.bits = 64
		case c.bits == 16:
			c.bits = 8
		default:
			c.bits = 16
		}
		n++
	}
	if n == len(s) {
		return c, 0
	}
	c.kind = s[n]
	verb, ok := map[byte]string{'d': "d", 'i': "d", 'u': "d", 'o': "o", 'x': "x", 'X': "X", 'c': "c", 's': "s", 'p': "x"}[c.kind]
	switch {
	case !ok, c.bits == 64 && (c.kind == 'c' || c.kind == 's'): // wide ones
		return c, 0
	case c.kind == 'p':
		c.bits, flags = 64, flags+"#"
	}
	c.verb = "%" + flags + verb
	return c, n + 1
}

// printf takes function and channel, which gdb pushes last and which mean
// nothing here, and the arguments, and prints.
func (f *frame) printf(form *format) error {
	if f.depth < 2+len(form.conversions) {
		return ErrStack
	}
	if f.out == nil {
		return ErrPrint
	}
	f.depth -= 2
	var text []byte
	for _, c := range form.conversions {
		text = append(text, c.before...)
		v := f.pop()
		switch c.kind {
		case 's':
			s, err := f.text(v)
			if err != nil {
				return err
			}
			text = fmt.Appendf(text, c.verb, s)
		case 'c':
			text = fmt.Appendf(text, strings.TrimSuffix(c.verb, "c")+"s", []byte{byte(v)})
		case 'd', 'i':
			text = fmt.Appendf(text, c.verb, int64(extend(v, c.bits)))
		default:
			if c.bits < 64 {
				v &= 1<<c.bits - 1
			}
			text = fmt.Appendf(text, c.verb, v)
		}
	}
	_, err := f.out.Write(append(text, form.rest...))
	if err != nil {
		return errors.Join(ErrPrint, err)
	}
	return nil
}

// text reads a string that ends with a zero, or is cut where it is too long.
func (f *frame) text(addr uint64) ([]byte, error) {
	var all []byte
	for len(all) < maxText {
		// Not over the end of a page, for the next one may not be there.
		chunk := make([]byte, 256-int(addr%256))
		n, err := f.machine.ReadMemory(addr, chunk)
		if end := bytes.IndexByte(chunk[:n], 0); end >= 0 {
			return append(all, chunk[:end]...), nil
		}
		if n < len(chunk) {
			return nil, errors.Join(fmt.Errorf("%w behind the string at %#x", ErrMemory, addr+uint64(n)), err)
		}
		all, addr = append(all, chunk...), addr+uint64(n)
	}
	return all[:maxText], nil
}
