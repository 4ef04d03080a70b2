package rsp_test

import (
	"bytes"
	"testing"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// found is what a decoder finds in a stream that comes in pieces of a size.
func found(d *rsp.Decoder, in []byte, size int) (list []string) {
	for len(in) != 0 {
		piece := in[:min(size, len(in))]
		in = in[len(piece):]
		for len(piece) != 0 {
			kind, content, rest := d.Next(piece)
			piece = rest
			switch kind {
			case rsp.Packet:
				list = append(list, "$"+string(content))
			case rsp.Notification:
				list = append(list, "%"+string(content))
			case rsp.Ack:
				list = append(list, "+")
			case rsp.Nak:
				list = append(list, "-")
			case rsp.Interrupt:
				list = append(list, "^C")
			case rsp.Broken:
				list = append(list, "broken")
			}
		}
	}
	return list
}

func TestDecoder(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"$OK#9a", []string{"$OK"}},
		{"+$OK#9a-$#00\x03", []string{"+", "$OK", "-", "$", "^C"}},
		{"%Stop:T05#99", []string{"%Stop:T05"}},
		{"noise$OK#9aOK", []string{"$OK"}},
		{"$OK#9b$OK#9A", []string{"broken", "$OK"}},
		{"$OK#zz", []string{"broken"}},
		{"$brok$OK#9a", []string{"$OK"}},
		{"$OK\x03#9d", []string{"$OK\x03"}}, // inside of a packet it is data
		{"$waytoolong#4e$OK#9a", []string{"broken", "$OK"}},
	} {
		for size := 1; size <= len(c.in); size++ {
			d := &rsp.Decoder{Limit: 9}
			got := found(d, []byte(c.in), size)
			if len(got) != len(c.want) {
				t.Fatalf("%q in pieces of %d: %q, want %q", c.in, size, got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%q in pieces of %d: %q, want %q", c.in, size, got, c.want)
				}
			}
		}
	}
}

// Runs are compressed so that they can be expanded, and so that no count looks
// like the end of a packet.
func TestCompress(t *testing.T) {
	for n := range 300 {
		content := append(append([]byte("x"), bytes.Repeat([]byte{'0'}, n)...), "y"...)
		packed := rsp.Compress(nil, content)
		if bytes.ContainsAny(packed, "#$") {
			t.Fatalf("a run of %d has a count that ends a packet: %q", n, packed)
		}
		if n > 8 && len(packed) >= len(content) {
			t.Errorf("a run of %d makes %q", n, packed)
		}
		d := rsp.Decoder{Expand: true}
		kind, got, _ := d.Next(rsp.AppendPacket(nil, packed))
		if kind != rsp.Packet || !bytes.Equal(got, content) {
			t.Fatalf("a run of %d comes back as %q", n, got)
		}
	}
}

// The decoder takes anything, keeps no more than its limit, and finds what
// AppendPacket has framed behind it.
func FuzzDecoder(f *testing.F) {
	for _, seed := range []string{"$OK#9a", "$0* #7a", "+-\x03$a}\x03#01", "$" + "x", "%Stop:T05#00"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, expand bool) {
		d := rsp.Decoder{Limit: 64, Expand: expand}
		for rest := in; len(rest) != 0; {
			var content []byte
			if _, content, rest = d.Next(rest); len(content) > 64 {
				t.Fatalf("%d bytes were kept", len(content))
			}
		}
		// Whatever state it is in, a broken packet ends it.
		got := found(&d, rsp.AppendPacket([]byte("#00"), []byte("sentinel")), 7)
		if len(got) == 0 || got[len(got)-1] != "$sentinel" {
			t.Fatalf("after %q: %q", in, got)
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add([]byte("a}b#c$d*e"), 5)
	f.Fuzz(func(t *testing.T, data []byte, limit int) {
		text := rsp.Escape(nil, data)
		if bytes.ContainsAny(text, "#$*") {
			t.Fatalf("escaped: %q", text)
		}
		if back := rsp.Unescape(nil, text); !bytes.Equal(back, data) {
			t.Fatalf("%q came back as %q", data, back)
		}
		limit = max(0, min(limit, 1000))
		part, n := rsp.EscapeUpTo(nil, data, limit)
		if len(part) > limit || !bytes.Equal(rsp.Unescape(nil, part), data[:n]) {
			t.Fatalf("up to %d: %q for %d bytes", limit, part, n)
		}
		rsp.Unescape(nil, data)
	})
}
