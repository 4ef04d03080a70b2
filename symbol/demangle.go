package symbol

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// A hostile name could stand for one of astronomic length: 2^12 bytes are
// enough for people.
var demangleLimit = demangle.MaxLength(12)

// Demangle turns the symbol of a C++ or Rust function into what a person would
// call it, without the types of its parameters. Other names stay as they are.
func Demangle(name string) string {
	if !mangled(name) {
		return name
	}
	return demangle.Filter(name, demangle.NoParams, demangleLimit)
}

// Signature is as Demangle, with the types of the parameters.
func Signature(name string) string {
	if !mangled(name) {
		return name
	}
	return demangle.Filter(name, demangleLimit)
}

func mangled[S string | []byte](name S) bool {
	return len(name) > 2 && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')
}

// hasMangled reports whether a symbol could be a mangled form of the name: the
// name is in it, with its length before it.
func (f *File) hasMangled(name string) bool {
	part := []byte(fmt.Sprint(len(name), name))
	return slices.ContainsFunc(f.load(), func(t *table) bool { return bytes.Contains(t.names, part) })
}

// demangle makes the index of demangled names, with and without parameters.
func (f *File) demangle() map[string][]uint64 {
	index := make(map[string][]uint64)
	for _, t := range f.load() {
		for i := range t.symbols {
			e := &t.symbols[i]
			name := t.name(e)
			if !mangled(name) {
				continue
			}
			full := Signature(string(name))
			short := Demangle(string(name))
			index[full] = append(index[full], e.addr)
			if short != full {
				index[short] = append(index[short], e.addr)
			}
			// Functions of anonymous name spaces may be named without those.
			if plain := strings.ReplaceAll(short, "(anonymous namespace)::", ""); plain != short {
				index[plain] = append(index[plain], e.addr)
			}
		}
	}
	return index
}
