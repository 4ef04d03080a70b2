package symbol

import (
	"fmt"
	"strconv"
	"strings"
)

// Spec names places of code. It is one of
//
//	*0x401136  0x401136     an address in the memory of the process
//	main                    a function: its first instruction
//	main+0x10               so many bytes behind it
//	libc.so.6:malloc        the function of that file only
//	libc.so:malloc          the same, whatever the version
//	prog:0x1136             an address as the file was linked
//	file.c:12               the code of a source line
type Spec struct {
	// Module is the name or path of a file, or "" for all.
	Module string
	// Function and Offset, or
	Function string
	Offset   uint64
	// File and Line, or
	File string
	Line int
	// Addr, if Absolute; within Module if that is given.
	Absolute bool
	Addr     uint64
}

// ParseSpec parses a Spec.
func ParseSpec(text string) (Spec, error) {
	bad := func(why string) (Spec, error) { return Spec{}, fmt.Errorf("%q: %s", text, why) }
	if text == "" {
		return bad("an empty place")
	}
	if number, ok := strings.CutPrefix(text, "*"); ok || isNumber(text) {
		addr, err := strconv.ParseUint(number, 0, 64)
		if err != nil {
			return bad("not an address")
		}
		return Spec{Absolute: true, Addr: addr}, nil
	}
	s := Spec{Function: text}
	if left, right, ok := cutColon(text); ok {
		switch line, err := strconv.Atoi(right); {
		case left == "" || right == "":
			return bad("nothing on one side of the colon")
		case err == nil && line > 0:
			return Spec{File: left, Line: line}, nil
		case err == nil:
			return bad("lines are counted from 1")
		case isNumber(right):
			addr, err := strconv.ParseUint(right, 0, 64)
			if err != nil {
				return bad("not an address")
			}
			return Spec{Module: left, Absolute: true, Addr: addr}, nil
		}
		s.Module, s.Function = left, right
	}
	// The name of an operator of C++ can have a plus, but no number behind it.
	if i := strings.LastIndexByte(s.Function, '+'); i > 0 && isNumber(s.Function[i+1:]) {
		offset, err := strconv.ParseUint(s.Function[i+1:], 0, 64)
		if err != nil {
			return bad("the offset is not a number")
		}
		s.Function, s.Offset = s.Function[:i], offset
		if j := strings.LastIndexByte(s.Function, '+'); j > 0 && isNumber(s.Function[j+1:]) {
			return bad("two offsets")
		}
	}
	return s, nil
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// cutColon cuts at the first colon that is not one of "::", nor inside the
// parentheses of a function's parameters.
func cutColon(s string) (left, right string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(' || s[i] == '<':
			return s, "", false
		case s[i] != ':':
		case i+1 < len(s) && s[i+1] == ':':
			i++
		default:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// String gives the text that parses to the same Spec.
func (s Spec) String() string {
	prefix := ""
	if s.Module != "" {
		prefix = s.Module + ":"
	}
	switch {
	case s.Absolute && s.Module == "":
		return fmt.Sprintf("*%#x", s.Addr)
	case s.Absolute:
		return fmt.Sprintf("%s%#x", prefix, s.Addr)
	case s.File != "":
		return fmt.Sprintf("%s:%d", s.File, s.Line)
	case s.Offset != 0:
		return fmt.Sprintf("%s%s+%#x", prefix, s.Function, s.Offset)
	}
	return prefix + s.Function
}

// Resolve finds the places that a Spec names in the process, in the order of
// addresses. With body, functions mean the place behind their prologue
// (File.Body). Nothing found is no error: the file may be loaded later.
func (s *Space) Resolve(spec Spec, body bool) []Place {
	if spec.Absolute && spec.Module == "" {
		return []Place{s.Locate(spec.Addr)}
	}
	var places []Place
	for _, m := range s.Modules {
		if spec.Module != "" && !m.called(spec.Module) {
			continue
		}
		for _, addr := range m.File.resolve(spec, body) {
			places = append(places, s.Locate(addr+m.Bias))
		}
	}
	return places
}

// Variables finds the data of a name: of all files, or of the one that the Spec
// names. An offset counts from the beginning of each.
func (s *Space) Variables(spec Spec) []Place {
	var places []Place
	for _, m := range s.Modules {
		if spec.Function == "" || spec.Module != "" && !m.called(spec.Module) {
			continue
		}
		for _, x := range m.File.Find(spec.Function) {
			if !x.Function {
				x.Addr += m.Bias
				places = append(places, Place{Addr: x.Addr + spec.Offset, Module: m, Symbol: x})
			}
		}
	}
	return places
}

// called reports whether the module may be called by a name: its path, the last
// element, or that without the version behind ".so".
func (m *Module) called(name string) bool {
	path := strings.TrimSuffix(m.Path, " (deleted)")
	if strings.Contains(name, "/") {
		return path == name || strings.HasSuffix(path, "/"+name)
	}
	base := m.Name()
	return base == name || strings.HasSuffix(name, ".so") && strings.HasPrefix(base, name+".")
}

// resolve finds the addresses of a Spec in a file.
func (f *File) resolve(spec Spec, body bool) (list []uint64) {
	switch {
	case spec.Absolute:
		if f.executable(spec.Addr) {
			list = append(list, spec.Addr)
		}
	case spec.File != "":
		list, _ = f.Addresses(spec.File, spec.Line)
	default:
		for _, x := range f.Find(spec.Function) {
			if !x.Function || spec.Offset != 0 && !f.executable(x.Addr+spec.Offset) {
				continue
			}
			addr := x.Addr
			if body && spec.Offset == 0 {
				addr = f.Body(x)
			}
			list = append(list, addr+spec.Offset)
		}
	}
	return list
}
