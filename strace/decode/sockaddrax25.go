package decode

// amateurAddr is an address of amateur radio (AF_AX25, linux/ax25.h): a call sign, and
// those of the stations on the way.
func (d *Decoder) amateurAddr(f *fields) {
	const header, sign, most = 16, 7, 8 // struct sockaddr_ax25, ax25_address, AX25_MAX_DIGIS
	call := f.raw(sign)
	stations := f.i32()
	full := stations != 0 || len(f.buf) > header
	if full {
		d.s("fsa_ax25={")
	}
	d.s("sax25_call=")
	d.callSign(call)
	d.field("sax25_ndigis", stations)
	if !full {
		return
	}
	d.c1('}')
	has := min((len(f.buf)-header)/sign, most)
	if wanted := int(min(max(stations, 0), most)); wanted > 0 {
		d.s(", fsa_digipeater=[")
		n := min(has, wanted)
		shown := n
		if !d.full {
			shown = min(n, d.strSize)
		}
		for i := range shown {
			if i > 0 {
				d.comma()
			}
			d.callSign(f.raw(sign))
		}
		if wanted > has || shown < n {
			if shown > 0 {
				d.comma()
			}
			d.s("...")
		}
		d.c1(']')
	}
	if len(f.buf) > header+has*sign {
		d.s(", ...")
	}
}

// callSign prints a call sign and the number of the station, which are shifted by one
// bit: as text if it is a sane one, with the text after the bytes if it can be printed.
func (d *Decoder) callSign(b []byte) {
	text, style := callText(b)
	if style == XlatAbbrev {
		style = d.opts.Xlat
	}
	if style != XlatAbbrev {
		d.s("{ax25_call=")
		d.quote(b, quoteForceHex)
		d.c1('}')
	}
	switch style {
	case XlatAbbrev:
		d.s(text)
	case XlatVerbose:
		d.comment(text)
	}
}

// callText is a call sign as text, and how it is to be printed at least.
func callText(b []byte) (text string, style XlatStyle) {

	sign, station := b[:len(b)-1], b[len(b)-1]
	for i, shifted := range sign {
		c := shifted >> 1
		letter := '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
		switch {
		case c < ' ' || c > '~' || c == '*' || c == '/': // the last two would end a comment
			return "", XlatRaw
		case shifted&1 != 0, !letter && c != ' ', c != ' ' && i > 0 && sign[i-1]>>1 == ' ':
			style = XlatVerbose
		}
	}
	end := len(sign)
	for end > 0 && sign[end-1]>>1 == ' ' {
		end--
	}
	if station&^0x1e != 0 || end == 0 && station != 0 {
		style = XlatVerbose
	}
	out := make([]byte, 0, len(b)+2)
	for _, c := range sign[:end] {
		out = append(out, c>>1)
	}
	out = append(out, '-')
	number := station >> 1 & 0xf
	if number > 9 {
		out, number = append(out, '1'), number-10
	}
	out = append(out, '0'+number)
	if out[0] == '-' && out[1] == '0' {
		return "*", style
	}
	return string(out), style
}
