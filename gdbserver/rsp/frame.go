package rsp

import "encoding/binary"

// Kind is what a Decoder found.
type Kind uint8

// The kinds.
const (
	// None: the input ended before anything was complete.
	None Kind = iota
	// Packet: a packet with a correct checksum.
	Packet
	// Notification: the same, of the kind that is not acknowledged ('%').
	Notification
	// Ack and Nak are '+' and '-'.
	Ack
	Nak
	// Interrupt is the byte 3 outside of a packet: ^C.
	Interrupt
	// Broken is a packet with a wrong checksum, or one that is too long.
	Broken
)

// DefaultLimit is how long the content of a packet may be.
const DefaultLimit = 1 << 18

// Decoder takes a stream of bytes apart. The zero value is ready. It keeps at
// most one packet, of at most Limit bytes.
type Decoder struct {
	// Limit bounds the content of a packet. 0 means DefaultLimit.
	Limit int
	// Expand undoes run-length encoding, which only servers use: in what
	// clients send a '*' stands for itself.
	Expand bool

	state  state
	kind   Kind
	packet []byte
	sum    byte
	sent   byte
	long   bool
}

type state uint8

const (
	outside state = iota
	inside
	repeating // behind a '*'
	first     // digit of the checksum
	second
)

// Next takes bytes from the input up to the end of the first thing that it finds
// there, and returns what follows. The content of a packet is valid until the
// next call. With None all of the input was taken.
func (d *Decoder) Next(in []byte) (kind Kind, content, rest []byte) {
	for i := 0; i < len(in); i++ {
		if d.state == inside {
			i += d.take(in[i:])
			if i == len(in) {
				break
			}
		}
		if kind := d.step(in[i]); kind != None {
			return kind, d.packet, in[i+1:]
		}
	}
	return None, nil, nil
}

// take adds the bytes before the end of the packet in one go.
func (d *Decoder) take(in []byte) int {
	n := len(in)
	for i, c := range in {
		if c == '#' || c == '$' || c == '*' && d.Expand && (i != 0 || len(d.packet) != 0) {
			n = i
			break
		}
	}
	d.sum += checksum(in[:n])
	d.add(in[:n])
	return n
}

// add keeps content, as far as there is room.
func (d *Decoder) add(b []byte) {
	limit := d.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if len(d.packet)+len(b) > limit {
		d.long = true
		return
	}
	d.packet = append(d.packet, b...)
}

// step takes one byte.
func (d *Decoder) step(c byte) Kind {
	switch d.state {
	case outside:
		return d.begin(c)
	case inside:
		switch {
		case c == '#':
			d.state = first
		case c == '$': // the packet before it broke off
			return d.begin(c)
		case c == '*' && d.Expand && len(d.packet) != 0:
			d.sum += c
			d.state = repeating
		default:
			d.sum += c
			d.add([]byte{c})
		}
	case repeating:
		d.sum += c
		d.state = inside
		last := d.packet[len(d.packet)-1]
		for range int(c) - repeatBase {
			d.add([]byte{last})
		}
	case first:
		d.sent = unhex(c)
		d.state = second
	case second:
		d.state = outside
		low := unhex(c)
		if d.long || low > 15 || d.sent > 15 || d.sent<<4|low != d.sum {
			return Broken
		}
		return d.kind
	}
	return None
}

// begin takes a byte outside of packets. What means nothing there is skipped.
func (d *Decoder) begin(c byte) Kind {
	switch c {
	case '+':
		return Ack
	case '-':
		return Nak
	case 3:
		return Interrupt
	case '$', '%':
		d.kind = Packet
		if c == '%' {
			d.kind = Notification
		}
		d.state, d.packet, d.sum, d.long = inside, d.packet[:0], 0, false
	}
	return None
}

// AppendPacket appends a framed packet. The content must be escaped where it
// has to be.
func AppendPacket(dst, content []byte) []byte { return appendFrame(dst, '$', content) }

// AppendNotification appends a framed notification.
func AppendNotification(dst, content []byte) []byte { return appendFrame(dst, '%', content) }

func appendFrame(dst []byte, mark byte, content []byte) []byte {
	dst = append(dst, mark)
	dst = append(dst, content...)
	sum := checksum(content)
	return append(dst, '#', digits[sum>>4], digits[sum&15])
}

// checksum is the sum of all bytes, modulo 256: of eight at a time, the even and the
// odd ones in lanes of 16 bits, where only the low half of each matters.
func checksum(b []byte) (sum byte) {
	const even = 0x00ff00ff00ff00ff
	var lanes uint64
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		lanes = (lanes + v&even + v>>8&even) & even
	}
	sum = byte(lanes + lanes>>16 + lanes>>32 + lanes>>48)
	for _, c := range b {
		sum += c
	}
	return sum
}

const (
	// repeatBase is what the count of a run has added, so that it is printable.
	repeatBase = 29
	// maxRepeat is the longest run that one count stands for: '~' is the last
	// printable character.
	maxRepeat = '~' - repeatBase
	// minRepeat is the shortest one that is worth it.
	minRepeat = 3
)

// Compress appends content with runs of equal bytes encoded. A server may do
// that to its replies.
func Compress(dst, content []byte) []byte {
	for i := 0; i < len(content); {
		c := content[i]
		run := 1
		for i+run < len(content) && content[i+run] == c && run <= maxRepeat {
			run++
		}
		i += run
		dst = append(dst, c)
		run--
		// A count that looks like '#' or '$' would end the packet, and '+' and
		// '-' are kept out of it too.
		for run > 0 && (run == '#'-repeatBase || run == '$'-repeatBase || run == '+'-repeatBase || run == '-'-repeatBase) {
			run--
			i--
		}
		if run >= minRepeat {
			dst = append(dst, '*', byte(run+repeatBase))
			continue
		}
		for range run {
			dst = append(dst, c)
		}
	}
	return dst
}
