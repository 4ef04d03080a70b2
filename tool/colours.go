package tool

import (
	"io"
	"strings"

	"golang.org/x/term"
)

// Colours reports whether text on w may have colours that nobody asked for: w is a
// terminal of a kind that is known and not dumb, and the environment has no
// NO_COLOR with a value (no-color.org).
func (e *Env) Colours(w io.Writer) bool {
	if !terminal(w) {
		return false
	}
	environ, err := e.Environ()
	if err != nil {
		return false // it has gone
	}
	known := false
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case name == "NO_COLOR" && value != "":
			return false
		case name == "TERM":
			known = value != "" && value != "dumb"
		}
	}
	return known
}

// terminal reports whether what is written to w appears on a terminal.
func terminal(w io.Writer) (yes bool) {
	if d, ok := w.(Descriptor); ok {
		return term.IsTerminal(int(d))
	}
	file := fileOf(w)
	if file == nil {
		return false
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) { yes = term.IsTerminal(int(fd)) })
	return yes
}
