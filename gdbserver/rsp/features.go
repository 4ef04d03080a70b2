package rsp

import "bytes"

// Feature is what one side of a connection says that it can do. Mark is '+', '-' or
// '?', or '=' where it has a Value.
type Feature struct {
	Name  string
	Mark  byte
	Value string
}

// Features is the list of a qSupported packet, and of its reply.
type Features []Feature

// ParseFeatures parses a list: the reply, or what stands behind "qSupported:". Words
// that are no features are skipped.
func ParseFeatures(text []byte) (list Features) {
	for word := range bytes.SplitSeq(text, []byte(";")) {
		if name, value, found := bytes.Cut(word, []byte("=")); found {
			list = append(list, Feature{string(name), '=', string(value)})
			continue
		}
		if len(word) == 0 {
			continue
		}
		last := len(word) - 1
		if mark := word[last]; mark == '+' || mark == '-' || mark == '?' {
			list = append(list, Feature{Name: string(word[:last]), Mark: mark})
		}
	}
	return list
}

// AppendTo appends the list.
func (f Features) AppendTo(dst []byte) []byte {
	for i, x := range f {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(append(append(dst, x.Name...), x.Mark), x.Value...)
	}
	return dst
}

// find is the last word about a feature.
func (f Features) find(name string) (last Feature) {
	for _, x := range f {
		if x.Name == name {
			last = x
		}
	}
	return last
}

// Has reports whether a feature is supported.
func (f Features) Has(name string) bool { return f.find(name).Mark == '+' }

// Value is the value of a feature that has one.
func (f Features) Value(name string) string { return f.find(name).Value }

// Support makes features that are supported of their names.
func Support(names ...string) (list Features) {
	for _, name := range names {
		list = append(list, Feature{Name: name, Mark: '+'})
	}
	return list
}
