package probe

import (
	"fmt"
	"strconv"
	"strings"
)

// maxDepth bounds how deep an expression may be nested.
const maxDepth = 100

// ParseCondition parses an expression.
//
//	rdi == 5 && *(u32*)(rsi+8) > 0x100
//
// It has the operators of C, with C's precedence, on 64-bit integers, which are
// compared as signed numbers:
//
//	|| && | ^ & == != < <= > >= << >> + - * / %    - ! ~ *
//
// An operand is a number (5, 0x1f, 'a'), a register by gdb's name, with $ or %
// before it or without, arg0 to arg9 for the arguments of the function that
// begins here, or pid or tid. (i32)rdi takes the low 32 bits as a signed number;
// there are i8 to i64 and u8 to u64. *(u32*)rsi is what memory has at rsi; with
// nothing said, *rsi, it is a word of the program.
func ParseCondition(text string) (*Condition, error) {
	p := &parser{text: text}
	p.next()
	root := p.binary(0)
	if p.err == nil && p.token != "" {
		p.fail("an operator is missing before %q", p.token)
	}
	if p.err != nil {
		return nil, fmt.Errorf("condition %q: %w", text, p.err)
	}
	return &Condition{text: text, root: root}, nil
}

// parser reads tokens one by one. After a mistake err is set, and there are no
// tokens any more.
type parser struct {
	text  string
	token string
	depth int
	err   error
}

func (p *parser) fail(format string, args ...any) node {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.text, p.token = "", ""
	return constant(0)
}

// operators, the longest first where one begins another.
var operators = []string{"||", "&&", "==", "!=", "<=", ">=", "<<", ">>",
	"|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "!", "~", "(", ")"}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// next goes on to the next token; an empty one is the end.
func (p *parser) next() {
	p.text = strings.TrimLeft(p.text, " \t\n")
	n := 0
	switch {
	case p.text == "":
	case len(p.text) >= 3 && p.text[0] == '\'' && p.text[2] == '\'':
		n = 3
	case p.registerSign():
		n = 1
		fallthrough
	case isWord(p.text[0]):
		for n < len(p.text) && isWord(p.text[n]) {
			n++
		}
	default:
		for _, o := range operators {
			if strings.HasPrefix(p.text, o) {
				n = len(o)
				break
			}
		}
		if n == 0 {
			p.fail("what is %q?", p.text[:1])
			return
		}
	}
	p.token, p.text = p.text[:n], p.text[n:]
}

// registerSign tells the sign of a register from a remainder.
func (p *parser) registerSign() bool {
	if p.text[0] == '$' {
		return true
	}
	operand := p.token == "" || p.token != ")" && !isWord(p.token[len(p.token)-1]) && p.token[0] != '\''
	return p.text[0] == '%' && operand
}

// levels of binary operators, from the weakest.
var levels = [][]string{{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="},
	{"<", "<=", ">", ">="}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}

// binary parses operators of a level and of those that bind stronger.
func (p *parser) binary(level int) node {
	if level == len(levels) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for {
		i := 0
		for i < len(levels[level]) && levels[level][i] != p.token {
			i++
		}
		if i == len(levels[level]) {
			return left
		}
		op := p.token
		p.next()
		left = &operation{op, left, p.binary(level + 1)}
	}
}

// unary parses an operand with what stands before it.
func (p *parser) unary() node {
	if p.depth++; p.depth > maxDepth {
		return p.fail("it is nested too deeply")
	}
	defer func() { p.depth-- }()
	switch op := p.token; op {
	case "-", "!", "~":
		p.next()
		return &operation{op, nil, p.unary()}
	case "*":
		p.next()
		if typ, pointer, ok := p.cast(); ok && pointer {
			return &load{typ, p.unary()}
		} else if ok {
			return p.fail("*(%v) is no pointer; *(%v*) is", typ, typ)
		}
		return &load{0, p.unary()}
	case "(":
		if typ, pointer, ok := p.cast(); ok && pointer {
			return p.fail("a pointer without * before it")
		} else if ok {
			return &conversion{typ, p.unary()}
		}
		p.next()
		inside := p.binary(0)
		if p.token != ")" {
			return p.fail("a parenthesis is not closed")
		}
		p.next()
		return inside
	}
	return p.operand()
}

// cast reads "(u32)" or "(u32*)" if it is next.
func (p *parser) cast() (typ integer, pointer, ok bool) {
	if p.token != "(" {
		return 0, false, false
	}
	inside, rest, found := strings.Cut(p.text, ")")
	name, pointer := strings.CutSuffix(strings.TrimSpace(inside), "*")
	typ, ok = integers[strings.TrimSpace(name)]
	if !found || !ok {
		return 0, false, false
	}
	p.text, p.token = rest, ")"
	p.next()
	return typ, pointer, true
}

// operand parses a number or a name.
func (p *parser) operand() node {
	token := p.token
	switch {
	case p.err != nil:
		return constant(0)
	case token == "":
		return p.fail("it ends where an operand is missing")
	case token[0] == '\'':
		p.next()
		return constant(token[1])
	case token[0] >= '0' && token[0] <= '9':
		v, err := strconv.ParseUint(token, 0, 64)
		if err != nil {
			return p.fail("%q is not a number of 64 bits", token)
		}
		p.next()
		return constant(v)
	case token == "pid", token == "tid":
		p.next()
		return identity(token)
	case strings.HasPrefix(token, "arg") && len(token) == 4 && token[3] >= '0' && token[3] <= '9':
		p.next()
		return argument(token[3] - '0')
	case token[0] == '$' || token[0] == '%':
		token = token[1:]
	case !isWord(token[0]):
		return p.fail("an operand is missing before %q", token)
	}
	if !isRegister(token) {
		return p.fail("there is no register %q", token)
	}
	p.next()
	return &register{name: token}
}
