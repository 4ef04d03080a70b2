package inject

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Plan is a list of rules. Of the rules that a call fits, the last one
// decides. A Plan that is in use must not be changed.
type Plan struct {
	Rules []Rule
	// Seed decides all lots. The same seed gives the same faults to a program
	// that makes the same calls in each thread, however the threads interleave:
	// a lot depends on the thread's place in the tree of threads and on how many
	// calls it has made, not on time.
	Seed uint64
}

// Random reports whether any rule draws lots, so that the seed matters.
func (p *Plan) Random() bool {
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Chance > 0 && r.Chance < 1 || len(r.Errors) > 1 {
			return true
		}
	}
	return false
}

// Read adds the rules of a file: one inject=RULE or fault=RULE on a line, as
// after -e, or seed=N. Empty lines do not count, nor what follows a # at the
// beginning or after a space.
func (p *Plan) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if err := p.line(lines.Text()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

func (p *Plan) line(text string) (err error) {
	text, _, _ = strings.Cut(" "+strings.ReplaceAll(text, "\t", " "), " #")
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	key, value, _ := strings.Cut(text, "=")
	switch key {
	case "inject":
		err = p.Add(Parse(value))
	case "fault":
		err = p.Add(ParseFault(value))
	case "seed":
		p.Seed, err = strconv.ParseUint(value, 0, 64)
	default:
		err = fmt.Errorf("'%s' is none of inject=, fault= and seed=", text)
	}
	return err
}

// Add appends what Parse or ParseFault returned.
func (p *Plan) Add(r Rule, err error) error {
	if err == nil {
		p.Rules = append(p.Rules, r)
	}
	return err
}

// Thread begins the account of a thread that no traced thread has made. n
// tells such threads apart.
func (p *Plan) Thread(n int) *Thread {
	return &Thread{plan: p, key: mix(p.Seed ^ uint64(n))}
}

// mix is the finalizer of SplitMix64: it spreads every bit over all others.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
