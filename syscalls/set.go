package syscalls

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// setWords is enough for every number in the tables (x32 ends at 547).
const setWords = 576 / 64

// A Set is a set of system calls, separate for each ABI. The zero Set is empty.
// A Set that nobody changes any more may be used by many threads.
type Set struct {
	bits [len(allABIs)][setWords]uint64
	// unknown tells whether numbers that no table names belong to the set.
	unknown bool
}

// All returns the set of all calls, those included that have no name.
func All() *Set {
	s := new(Set)
	s.invert()
	return s
}

// Contains reports whether call nr of abi is in the set; a nil Set is empty.
// It costs a few instructions: ask at every stop.
func (s *Set) Contains(abi *ABI, nr uint64) bool {
	if s == nil || abi == nil {
		return false
	}
	if abi == X32 {
		nr &^= x32Bit
	}
	if i, ok := abi.subcall(nr); ok {
		nr = setSubcalls + i
	} else if nr >= setSubcalls && abi == I386 || nr >= setWords*64 {
		return s.unknown
	}
	return s.bits[abi.index][nr/64]&(1<<(nr%64)) != 0
}

// Add puts call nr of abi into the set.
func (s *Set) Add(abi *ABI, nr int) {
	if i, ok := abi.subcall(uint64(nr)); ok {
		nr = int(setSubcalls + i)
	}
	if nr >= 0 && nr < setWords*64 {
		s.bits[abi.index][nr/64] |= 1 << (nr % 64)
	}
}

// Numbers returns the numbers of abi's named calls that are in the set, or by way of which
// such a call is made, in order, for building a seccomp filter from it.
func (s *Set) Numbers(abi *ABI) []int {
	var out []int
	for nr := range abi.calls {
		if abi.calls[nr].Name != "" && s.Reaches(abi, uint64(nr)) {
			out = append(out, nr)
		}
	}
	return out
}

func (s *Set) invert() {
	for i := range s.bits {
		for j := range s.bits[i] {
			s.bits[i][j] = ^s.bits[i][j]
		}
	}
	s.unknown = !s.unknown
}

// ParseSet parses the value of strace's -e trace= (abbrev=, verbose=, raw= and
// inject= take the same) for the ABIs of this machine:
//
//	[!][?]VALUE[@PERSONALITY],...
//
// VALUE is a name, a number, a %class, a /regular expression, all or none. The
// exclamation mark negates the whole list. Errors are worded as strace's.
func ParseSet(expr string) (*Set, error) { return ParseSetFor(Native(), expr) }

// ParseSetFor is [ParseSet] for the calls of abis.
func ParseSetFor(abis []*ABI, expr string) (*Set, error) {
	s := new(Set)
	negate := false
	list := expr
	for strings.HasPrefix(list, "!") {
		negate = !negate
		list = list[1:]
	}
	switch list {
	case "none":
	case "all":
		s.invert()
	default:
		// Like strace's, the list may have empty elements, unless all are.
		if strings.Trim(list, ",") == "" {
			return nil, invalidCall(expr)
		}
		for item := range strings.SplitSeq(list, ",") {
			if item == "" {
				continue
			}
			if err := s.addItem(abis, item); err != nil {
				return nil, err
			}
		}
	}
	if negate {
		s.invert()
	}
	return s, nil
}

func invalidCall(item string) error {
	return fmt.Errorf("invalid system call '%s'", item)
}

// addItem adds what one element of the list names.
func (s *Set) addItem(abis []*ABI, item string) error {
	value, optional := strings.CutPrefix(item, "?")
	if i := strings.LastIndexByte(value, '@'); i >= 0 && !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "/") && hasPersonality(abis, value) {
		var err error
		if abis, err = withPersonality(abis, value[i+1:], item); err != nil {
			return err
		}
		value = value[:i]
	}
	match, err := matcher(value)
	if err != nil {
		return err
	}
	found := false
	for _, a := range abis {
		for nr := range a.calls {
			if c := &a.calls[nr]; c.Name != "" && match(c) {
				s.Add(a, nr)
				found = true
			}
		}
		if a != I386 {
			continue
		}
		for i := range subcalls {
			if c := &subcalls[i]; c.Name != "" && match(c) {
				s.Add(a, c.Number)
				found = true
			}
		}
	}
	if value == "all" {
		s.unknown = true
	}
	if !found && !optional {
		return invalidCall(item)
	}
	return nil
}

// hasPersonality reports whether a regular expression ends in the designator
// of one of the ABIs: an @ may as well be part of the expression.
func hasPersonality(abis []*ABI, value string) bool {
	i := strings.LastIndexByte(value, '@')
	if i < 0 {
		return false
	}
	_, err := withPersonality(abis, value[i+1:], value)
	return err == nil
}

func withPersonality(abis []*ABI, designator, item string) ([]*ABI, error) {
	var out []*ABI
	for _, a := range abis {
		if a.Personality == designator {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("incorrect personality designator '%s' in qualification '%s'", designator, item)
	}
	return out, nil
}

// matcher returns a predicate for one value without its marks.
func matcher(value string) (func(*Call) bool, error) {
	if expr, ok := strings.CutPrefix(value, "/"); ok {
		re, err := regexp.CompilePOSIX(expr)
		if err != nil {
			return nil, fmt.Errorf("regcomp: %s: %w", expr, err)
		}
		return func(c *Call) bool { return re.MatchString(c.Name) }, nil
	}
	if value == "all" {
		return func(*Call) bool { return true }, nil
	}
	if class, ok := ClassByName(value); ok {
		return func(c *Call) bool { return c.Classes.Has(class) }, nil
	}
	if value != "" && value[0] >= '0' && value[0] <= '9' {
		nr, err := strconv.Atoi(value)
		return func(c *Call) bool { return err == nil && c.Number == nr }, nil
	}
	return func(c *Call) bool { return c.Name == value }, nil
}
