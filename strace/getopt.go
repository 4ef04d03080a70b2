package strace

import (
	"fmt"
	"strings"
)

// An option is one letter or one long name of the command line. Several
// options may have the same key: they mean the same, and an abbreviation that
// fits them all is not ambiguous.
type option struct {
	long  string // "" for an option that has only a letter
	short byte   // 0 for an option that has only a name
	arg   argument
	key   string
}

// argument tells whether an option takes one.
type argument int

const (
	noArgument argument = iota
	requiredArgument
	optionalArgument // only for long names, and only as --name=value
)

// given is one option as it was found on the command line.
type given struct {
	key    string
	name   string // as it is called in messages: "-s", "--string-limit"
	value  string
	hasArg bool
	short  bool // was given by its letter
}

// A UsageError says that the command line cannot be followed. Its text has no
// program name: the command puts its own before it.
type UsageError struct {
	Message string
	// Hint: the usual second line, which names -h, belongs to the message.
	Hint bool
}

// Error returns the message.
func (e *UsageError) Error() string { return e.Message }

// Text returns all lines of the message for a command named program.
func (e *UsageError) Text(program string) string {
	s := program + ": " + e.Message + "\n"
	if e.Hint {
		s += fmt.Sprintf("Try '%s -h' for more information.\n", program)
	}
	return s
}

func usageError(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: true}
}

func plainError(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// getopt goes over args as getopt_long(3) does with a leading + in its option
// string: it stops at the first argument that is no option, which is the
// command to run. It calls use for every option in order, so that the first
// mistake is the one that is reported, and returns the other arguments.
func getopt(table []option, args []string, use func(given) error) ([]string, error) {
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			return args[1:], nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			break
		}
		var err error
		if strings.HasPrefix(arg, "--") {
			args, err = longOption(table, arg[2:], args[1:], use)
		} else {
			args, err = shortOptions(table, arg[1:], args[1:], use)
		}
		if err != nil {
			return nil, err
		}
	}
	return args, nil
}

// shortOptions handles one argument of bundled letters; the last may take its
// value from the rest of the argument or from the next one.
func shortOptions(table []option, letters string, rest []string, use func(given) error) ([]string, error) {
	for i := 0; i < len(letters); i++ {
		o := findShort(table, letters[i])
		if o == nil {
			return nil, usageError("invalid option -- '%c'", letters[i])
		}
		g := given{key: o.key, name: "-" + letters[i:i+1], short: true}
		if o.arg == requiredArgument {
			g.hasArg = true
			switch {
			case i+1 < len(letters):
				g.value, i = letters[i+1:], len(letters)
			case len(rest) > 0:
				g.value, rest = rest[0], rest[1:]
			default:
				return nil, usageError("option requires an argument -- '%c'", letters[i])
			}
		}
		if err := use(g); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func findShort(table []option, letter byte) *option {
	for i := range table {
		if table[i].short == letter && letter != 0 {
			return &table[i]
		}
	}
	return nil
}

// longOption handles --name and --name=value.
func longOption(table []option, text string, rest []string, use func(given) error) ([]string, error) {
	name, value, hasValue := strings.Cut(text, "=")
	o, err := findLong(table, name, text)
	if err != nil {
		return nil, err
	}
	g := given{key: o.key, name: "--" + o.long, value: value, hasArg: hasValue}
	switch {
	case o.arg == noArgument && hasValue:
		return nil, usageError("option '--%s' doesn't allow an argument", o.long)
	case o.arg == requiredArgument && !hasValue:
		if len(rest) == 0 {
			return nil, usageError("option '--%s' requires an argument", o.long)
		}
		g.value, g.hasArg, rest = rest[0], true, rest[1:]
	}
	return rest, use(g)
}

// findLong returns the option of that name or with that unambiguous beginning; text is
// the whole argument, of which mistakes are told.
func findLong(table []option, name, text string) (*option, error) {
	var found *option
	var possible []string
	ambiguous := false
	for i := range table {
		o := &table[i]
		if o.long == "" || !strings.HasPrefix(o.long, name) {
			continue
		}
		if o.long == name {
			return o, nil
		}
		possible = append(possible, "'--"+o.long+"'")
		if found == nil {
			found = o
		} else if found.key != o.key || found.arg != o.arg {
			ambiguous = true
		}
	}
	if ambiguous {
		return nil, usageError("option '--%s' is ambiguous; possibilities: %s", text, strings.Join(possible, " "))
	}
	if found == nil {
		return nil, usageError("unrecognized option '--%s'", text)
	}
	return found, nil
}
