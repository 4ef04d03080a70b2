package inject

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/strace/paths"
	"github.com/utrace/utrace/syscalls"
)

// Parse reads the value of strace's -e inject=, and what is added to it here:
//
//	CALLS[:error=ERRNO|:retval=VALUE][:signal=SIG][:syscall=CALL]
//	     [:delay_enter=TIME][:delay_exit=TIME]
//	     [:poke_enter=@argN=HEX,...][:poke_exit=@argN=HEX,...][:when=EXPR]
//	     [:error={ERRNO,ERRNO,...}][:prob=P][:path=FILE][:fd=N]
//
// errno= is the same as error=; path= and fd= may be repeated. prob= takes a
// number from 0 to 1, or a percentage. The errors have strace's words.
func Parse(value string) (Rule, error) { return parse("inject", value) }

// ParseFault reads the value of -e fault=, where an error is the only change,
// and ENOSYS the default.
func ParseFault(value string) (Rule, error) {
	r, err := parse("fault", value)
	if err == nil && len(r.Errors) == 0 {
		r.Errors = []syscall.Errno{syscall.ENOSYS}
	}
	return r, err
}

// ErrNoEffect is wrapped where a rule would change nothing.
var ErrNoEffect = errors.New("none of error, retval, signal, delay_enter, delay_exit, poke_enter and poke_exit is given")

func parse(what, value string) (Rule, error) {
	calls, rest, _ := strings.Cut(value, ":")
	// A class, a regular expression and so on: none contains a colon that
	// strace would not take for the end of the set.
	set, err := syscalls.ParseSet(calls)
	if err != nil {
		return Rule{}, err
	}
	p := parser{Rule: Rule{Calls: set}, fault: what == "fault", given: make(map[string]bool)}
	invalid := func(why error) (Rule, error) {
		return Rule{}, fmt.Errorf("invalid %s argument '%s'%w", what, value, quiet{why})
	}
	for item := range strings.SplitSeq(rest, ":") {
		if item == "" {
			continue // as strtok(3) has it
		}
		key, v, found := strings.Cut(item, "=")
		if !found || !p.option(key, v) {
			return invalid(fmt.Errorf("at '%s'", item))
		}
	}
	p.Files = paths.New(p.files, p.fds)
	if p.empty() && !p.fault {
		return invalid(ErrNoEffect)
	}
	return p.Rule, nil
}

// quiet is a reason that does not show in the text, which is strace's.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

// parser collects one rule.
type parser struct {
	Rule
	fault bool
	given map[string]bool // what may stand there once
	files []string
	fds   []int32
}

// option takes one KEY=VALUE. It returns false for what strace refuses.
func (p *parser) option(key, v string) (ok bool) {
	switch key {
	case "error", "errno":
		return p.errors(v)
	case "when":
		p.When, ok = parseWhen(v)
		return ok
	case "prob":
		return p.chance(v)
	case "path":
		p.files = append(p.files, v)
		return v != ""
	case "fd":
		n, err := strconv.ParseUint(v, 10, 31)
		p.fds = append(p.fds, int32(n))
		return err == nil
	}
	if p.fault || p.given[key] {
		return false
	}
	p.given[key] = true
	switch key {
	case "retval":
		n, err := number(v)
		if err != nil || p.Fakes() {
			return false
		}
		p.Result = &n
		return true
	case "signal":
		p.Signal, ok = decode.SignalNumber(v)
		return ok && p.Signal >= 1 && p.Signal <= 64
	case "syscall":
		p.Instead = v
		return pure(v)
	case "delay_enter":
		p.DelayEnter, ok = delay(v)
		return ok
	case "delay_exit":
		p.DelayExit, ok = delay(v)
		return ok
	case "poke_enter":
		p.PokeEnter, ok = pokes(v)
		return ok
	case "poke_exit":
		p.PokeExit, ok = pokes(v)
		return ok
	}
	return false
}

// errors reads one error or a list of them in braces.
func (p *parser) errors(v string) bool {
	if p.Fakes() {
		return false
	}
	list := []string{v}
	if inner, ok := strings.CutPrefix(v, "{"); ok {
		inner, ok = strings.CutSuffix(inner, "}")
		if !ok {
			return false
		}
		list = strings.Split(inner, ",")
	}
	for _, name := range list {
		n, ok := decode.ErrnoNumber(name)
		if v, err := number(name); err == nil && v <= maxErrno {
			n, ok = int(v), v > 0
		}
		if !ok {
			return false
		}
		p.Errors = append(p.Errors, syscall.Errno(n))
	}
	return true
}

// maxErrno is MAX_ERRNO of include/linux/err.h: results from -4095 to -1 are
// errors.
const maxErrno = 4095

func (p *parser) chance(v string) bool {
	v, percent := strings.CutSuffix(v, "%")
	f, err := strconv.ParseFloat(v, 64)
	if percent {
		f /= 100
	}
	p.Chance = f
	return err == nil && f > 0 && f <= 1
}

// number reads an integer as strace's string_to_ulonglong does: in C's notations,
// a negative one standing for its complement.
func number(v string) (uint64, error) {
	if strings.ContainsRune(v, '_') {
		return 0, strconv.ErrSyntax
	}
	if n, err := strconv.ParseInt(v, 0, 64); err == nil {
		return uint64(n), nil
	}
	return strconv.ParseUint(v, 0, 64)
}

// parseWhen reads first[..last][+[step]].
func parseWhen(v string) (w When, ok bool) {
	limited := func(s string, most uint64) uint {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || n < 1 || n > most {
			ok = false
		}
		return uint(n)
	}
	ok = true
	head, step, repeated := strings.Cut(v, "+")
	first, last, ranged := strings.Cut(head, "..")
	w.First = limited(first, math.MaxUint16)
	if ranged {
		w.Last = limited(last, math.MaxUint16-1)
		ok = ok && w.Last >= w.First
		w.Step = 1
	}
	if repeated {
		w.Step = 1
		if step != "" {
			w.Step = limited(step, math.MaxUint16)
		}
	}
	return w, ok
}

// delay reads a time: microseconds, or with a unit.
func delay(v string) (time.Duration, bool) {
	unit := time.Microsecond
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"ms", time.Millisecond}, {"s", time.Second}} {
		if n, ok := strings.CutSuffix(v, u.suffix); ok {
			v, unit = n, u.unit
			break
		}
	}
	f, err := strconv.ParseFloat(v, 64)
	ns := f * float64(unit)
	return time.Duration(ns), err == nil && ns >= 0 && ns < math.MaxInt64
}

// mostPoked is how much memory strace lets be changed at an argument.
const mostPoked = 1024

// pokes reads @argN=HEX,@argM=HEX..., in the order of the arguments.
func pokes(v string) (list []Poke, ok bool) {
	var seen [7]bool
	for item := range strings.SplitSeq(v, ",") {
		arg, data, _ := strings.Cut(item, "=")
		digit, ok := strings.CutPrefix(arg, "@arg")
		if !ok || len(digit) != 1 || digit[0] < '1' || digit[0] > '7' {
			return nil, false
		}
		i := int(digit[0] - '1')
		bytes, err := hex.DecodeString(data)
		if err != nil || len(bytes) == 0 || len(bytes) > mostPoked || seen[i] {
			return nil, false
		}
		seen[i] = true
		list = append(list, Poke{Arg: i, Data: bytes})
	}
	slices.SortFunc(list, func(a, b Poke) int { return a.Arg - b.Arg })
	return list, true
}

// pure reports whether a call may be made in place of another.
func pure(name string) bool {
	found := false
	for _, abi := range syscalls.Native() {
		if c, ok := abi.ByName(name); ok {
			if !c.Classes.Has(syscalls.Pure) {
				return false
			}
			found = true
		}
	}
	return found
}
