package actor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Program is a compiled script.
type Program struct {
	Instrs []Instr
}

// Instr is one instruction of a Program.
type Instr struct {
	Op Op
	// A and B are the operands: a number, a signal, flags, an index of Calls.
	// A is the Op of the block that an End closes.
	A, B int64
	// Len is, for an Op with a block, the number of instructions up to and
	// with its End; for that End, the same number. So blocks can be moved.
	Len int
	// Text is what to write, or a label.
	Text string
}

// Parse compiles a script. The error says in which line what is wrong.
func Parse(script string) (*Program, error) {
	tokens, err := scan(script)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if err := p.block(0); err != nil {
		return nil, err
	}
	return &Program{p.out}, nil
}

// Args are the arguments for the C program: one for each instruction.
func (p *Program) Args() []string {
	args := make([]string, len(p.Instrs))
	for i := range p.Instrs {
		in := &p.Instrs[i]
		args[i] = fmt.Sprintf("%v %d %d %d %s", in.Op, in.A, in.B, in.Len, in.Text)
	}
	return args
}

type token struct {
	text   string
	line   int
	quoted bool
}

func (t token) errorf(format string, args ...any) error {
	return fmt.Errorf("actor script, line %d: %w", t.line, fmt.Errorf(format, args...))
}

// scan splits a script into words, quoted texts, and the marks { } and ;.
func scan(script string) ([]token, error) {
	var tokens []token
	for n, line := range strings.Split(script, "\n") {
		for line != "" {
			t := token{line: n + 1}
			switch c := line[0]; {
			case c == ' ' || c == '\t':
				line = line[1:]
				continue
			case c == '#':
				line = ""
				continue
			case c == '{' || c == '}' || c == ';':
				t.text, line = line[:1], line[1:]
			case c == '"':
				quoted, err := strconv.QuotedPrefix(line)
				if err != nil {
					return nil, t.errorf("text without an end: %s", line)
				}
				line = line[len(quoted):]
				t.text, t.quoted = quoted, true
			default:
				end := strings.IndexAny(line, " \t#{};\"")
				if end < 0 {
					end = len(line)
				}
				t.text, line = line[:end], line[end:]
			}
			tokens = append(tokens, t)
		}
		tokens = append(tokens, token{text: ";", line: n + 1})
	}
	return tokens, nil
}

type parser struct {
	tokens []token
	out    []Instr
}

// peek returns the next token; an empty one, at the last line, if none is left.
func (p *parser) peek() token {
	if len(p.tokens) == 0 {
		return token{}
	}
	return p.tokens[0]
}

func (p *parser) next() token {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

// block reads statements up to the end of the block of opener, or of the
// script if that is 0.
func (p *parser) block(opener Op) error {
	for {
		t := p.next()
		switch {
		case t.text == ";" && !t.quoted:
		case t.text == "" && opener == 0, t.text == "}" && opener != 0:
			return nil
		case t.text == "":
			return errors.New("actor script: a block has no end")
		case t.text == "}":
			return t.errorf("} without a block")
		default:
			if err := p.statement(t); err != nil {
				return err
			}
		}
	}
}

func (p *parser) statement(t token) error {
	if name, times, ok := strings.Cut(t.text, "*"); ok && !t.quoted {
		n, err := strconv.ParseInt(times, 10, 64)
		if err != nil || n < 1 {
			return t.errorf("%q is no number of times", times)
		}
		return p.nested(Instr{Op: Repeat, A: n}, func() error {
			return p.statement(token{text: name, line: t.line})
		})
	}
	if s, ok := sugar[t.text]; ok {
		operand := ""
		expansion := s.expansion
		if s.shape != "" {
			o := p.next()
			if operand = o.text; o.quoted != (s.shape == "t") || strings.Contains(";{}", operand) {
				return t.errorf("%s needs a %s, not %q", t.text, map[string]string{"t": "quoted text", "w": "name"}[s.shape], operand)
			}
			expansion = fmt.Sprintf(expansion, operand)
		}
		tokens, err := scan(expansion)
		if err != nil {
			return t.errorf("%s takes a text or a word, not %q", t.text, operand)
		}
		rest := p.tokens
		p.tokens = nil
		for _, e := range tokens {
			e.line = t.line
			p.tokens = append(p.tokens, e)
		}
		if err := p.block(0); err != nil {
			return err
		}
		p.tokens = rest
		return p.ends(t)
	}
	i := slices.IndexFunc(statements, func(s statement) bool { return s.name == t.text })
	if i < 0 || t.quoted || t.text == "end" || t.text == "status" {
		return t.errorf("unknown statement %q", t.text)
	}
	return p.operands(t, &statements[i])
}

func (p *parser) operands(t token, s *statement) error {
	in := Instr{Op: s.op}
	numbers := []*int64{&in.A, &in.B}
	for _, c := range s.shape {
		switch c {
		case '{':
			if open := p.next(); open.text != "{" {
				return t.errorf("%s needs a { block }", t.text)
			}
			return p.nested(in, func() error { return p.block(in.Op) })
		case 'n', 'N', 's':
			if c == 'N' && strings.Contains(";}", p.peek().text) {
				continue
			}
			operand := p.next()
			n, err := number(operand.text, c == 's')
			if err != nil {
				return t.errorf("%s: %w", t.text, err)
			}
			*numbers[0], numbers = n, numbers[1:]
		case 't':
			operand := p.next()
			text, err := strconv.Unquote(operand.text)
			if err != nil || strings.ContainsRune(text, 0) {
				return t.errorf("%s needs a quoted text without NUL, not %s", t.text, operand.text)
			}
			in.Text = text
		case 'w':
			in.Text = p.next().text
			if in.Text == "" || strings.ContainsAny(in.Text, ";{}\"") {
				return t.errorf("%s needs a name", t.text)
			}
		case 'f':
			for !strings.Contains(";}", p.peek().text) {
				flag, ok := flags[p.peek().text]
				if !ok {
					return t.errorf("%s: unknown word %q", t.text, p.peek().text)
				}
				*numbers[0] |= flag
				p.next()
			}
		}
	}
	if err := p.finish(t, in); err != nil {
		return err
	}
	return p.ends(t)
}

// finish emits an instruction without a block, and what follows from it.
func (p *parser) finish(t token, in Instr) error {
	switch in.Op {
	case Await:
		i := slices.IndexFunc(Calls, func(c Call) bool { return c.Name == in.Text })
		if i < 0 {
			return t.errorf("await: unknown call %q", in.Text)
		}
		in.A = int64(i)
		p.out = append(p.out, in, Instr{Op: Result, Text: in.Text})
	case Wait:
		p.out = append(p.out, in)
		if in.A&FlagPrint != 0 {
			p.out = append(p.out, Instr{Op: Status})
		}
	default:
		p.out = append(p.out, in)
	}
	return nil
}

// ends checks that nothing follows a statement.
func (p *parser) ends(t token) error {
	switch after := p.peek(); after.text {
	case ";", "}", "":
		return nil
	default:
		return t.errorf("unexpected %s after %s", after.text, t.text)
	}
}

// nested emits an instruction and the block that body reads.
func (p *parser) nested(in Instr, body func() error) error {
	at := len(p.out)
	p.out = append(p.out, in)
	if err := body(); err != nil {
		return err
	}
	n := len(p.out) - at
	p.out[at].Len = n
	p.out = append(p.out, Instr{Op: End, A: int64(in.Op), Len: n})
	return nil
}

func number(s string, signal bool) (int64, error) {
	n, err := strconv.ParseInt(s, 0, 64)
	if !signal {
		if err != nil {
			return 0, fmt.Errorf("%q is not a number", s)
		}
		return n, nil
	}
	if err != nil {
		n = int64(SignalNumber(s))
	}
	if n < 1 || n > 64 {
		return 0, fmt.Errorf("%q is not a signal", s)
	}
	return n, nil
}
