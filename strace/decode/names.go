package decode

//go:generate go run ./gen

// names are the constants of one kind, in the order in which flags are
// printed.
type names struct {
	// unknown explains a value that is none of them, if it is not empty: "O_???".
	unknown string
	list    []name
}

type name struct {
	value uint64
	text  string
}

// find returns the name of value, "" if it has none.
func (n *names) find(value uint64) string {
	for i := range n.list {
		if n.list[i].value == value {
			return n.list[i].text
		}
	}
	return ""
}

// constant prints one of the constants n.
func (d *Decoder) constant(v uint64, n *names) {
	n = d.here(n)
	text := n.find(v)
	switch {
	case d.opts.Xlat == XlatRaw:
		d.hex(v)
	case text == "":
		d.hex(v)
		if n.unknown != "" {
			d.comment(n.unknown)
		}
	case d.opts.Xlat == XlatVerbose:
		d.hex(v)
		d.comment(text)
	default:
		d.s(text)
	}
}

// flags prints a set of the constants n. What is left over is printed as a
// number, with a comment when nothing was known.
func (d *Decoder) flags(v uint64, n *names) { d.flagsAfter(v, v, n, "", "") }

// flagsAfter prints the flags v of n after a first part whose text is first,
// which has been taken out of all. A first part is a choice in some bits of
// the word, as the access mode in open's flags.
func (d *Decoder) flagsAfter(all, v uint64, n *names, first, last string) {
	if d.opts.Xlat == XlatRaw {
		d.hex(all)
		return
	}
	n = d.here(n)
	rest := v
	for i := range n.list {
		if f := n.list[i].value; f != 0 && rest&f == f {
			rest &^= f
		}
	}
	zero := ""
	if v == 0 {
		zero = n.find(0)
	}
	if first == "" && last == "" && rest == v && zero == "" {
		d.hex(all)
		if v != 0 {
			d.comment(n.unknown)
		}
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(all)
		d.s(" /* ")
	}
	d.s(first)
	sep := ""
	if first != "" {
		sep = "|"
	}
	if zero != "" {
		d.s(sep)
		d.s(zero)
	}
	for i := range n.list {
		if f := n.list[i].value; f != 0 && v&f == f {
			d.s(sep)
			d.s(n.list[i].text)
			v &^= f
			sep = "|"
		}
	}
	if v != 0 {
		d.s(sep)
		d.hex(v)
		sep = "|"
	}
	if last != "" {
		d.s(sep)
		d.s(last)
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" */")
	}
}
