package rsp_test

import (
	"bytes"
	"errors"
	"reflect"
	"syscall"
	"testing"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// family is a kind of packets: a parser, and an encoder of what it gives.
type family struct {
	name   string
	parse  func([]byte) (any, error)
	encode func(any) []byte
	// good packets come back byte for byte.
	good []string
	// bad ones are refused.
	bad []string
}

func appended[T interface{ AppendTo([]byte) []byte }](v any) []byte { return v.(T).AppendTo(nil) }

func parsed[T any](f func([]byte) (T, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return f(b) }
}

func valid[T any](f func([]byte) (T, bool)) func([]byte) (any, error) {
	return func(b []byte) (any, error) {
		v, ok := f(b)
		if !ok {
			return nil, errors.New("refused")
		}
		return v, nil
	}
}

var families = []family{
	{
		"resume",
		func(b []byte) (any, error) { return rsp.ParseResume(b, rsp.Thread{}) },
		func(v any) []byte { return rsp.AppendResume(nil, v.([]rsp.Action), true) },
		[]string{"vCont;c", "vCont;s:p1.2;c", "vCont;S05:p1.-1;C0b:p2.3;t:p1.-1", "vCont;r1000,2000:pa.b;c:p1.-1"},
		[]string{"", "vCont", "vCont;", "vCont;x", "vCont;c:", "vCont;r1000", "vCont;S", "vCont;Cfff", "vConting", "c1000", "vCont;c:p1.2x", "r1,2", "t"},
	},
	{
		"point", parsed(rsp.ParsePoint), appended[rsp.Point],
		[]string{"Z0,1000,1", "z4,7fff0000,8", "Z1,1000,1;X3,0a0b0c", "Z0,1,1;X1,27;cmds:1,X2,2227", "Z0,1,1;cmds:0,X2,2227X1,27"},
		[]string{"", "Z", "Z0,", "Z5,1,1", "Z0,1", "Z0,1,1;X9,0a", "Z0,1,1;Xffffffffffffffff,0a", "Z0,1,1;cmds:1", "Z0,1,1;Y", "Z01,1", "Z0,1,1;X1,zz"},
	},
	{
		"memory", parsed(rsp.ParseMemory), appended[rsp.Memory],
		[]string{"m1000,40", "xffffffffff600000,10", "M1000,2:abcd", "X1000,3:a}\x03b", "X0,0:"},
		[]string{"", "m", "m1000", "m1000,zz", "m1000,4:", "M1000,2:ab", "M1000,1:zz", "X1000,3:ab", "X1000", "m10000000000000000,1", "y1,2"},
	},
	{
		"search", parsed(rsp.ParseSearch), appended[rsp.Search],
		[]string{"qSearch:memory:1000;20;needle", "qSearch:memory:0;ff;}\x03"},
		[]string{"", "qSearch:memory:", "qSearch:memory:1;2", "qSearch:memory:1;2;", "qSearch:disk:1;2;x"},
	},
	{
		"checksum", parsed(rsp.ParseChecksum), appended[rsp.Checksum],
		[]string{"qCRC:1000,20"}, []string{"", "qCRC:", "qCRC:1000", "qCRC:1000,20,30", "qCRC:x,1"},
	},
	{
		"transfer", parsed(rsp.ParseTransfer), appended[rsp.Transfer],
		[]string{"qXfer:features:read:target.xml:0,1000", "qXfer:auxv:read::0,fff", "qXfer:siginfo:write::4:a}\x03"},
		[]string{"", "qXfer:auxv:read:", "qXfer:auxv:read::0", "qXfer:auxv:eat::0,1", "qXfer:siginfo:write::4", "qXfer:auxv:read::0,1,2"},
	},
	{
		"file", parsed(rsp.ParseFile), appended[rsp.File],
		[]string{"vFile:open:2f62,0,1c0", "vFile:pread:3,1000,200", "vFile:pwrite:3,0,a}\x03", "vFile:close:3", "vFile:fstat:3", "vFile:unlink:2f62", "vFile:readlink:2f62", "vFile:setfs:0", "vFile:setfs:1234"},
		[]string{"", "vFile:open", "vFile:open:2f62", "vFile:open:2f6,0,0", "vFile:open:2f00,0,0", "vFile:pread:3", "vFile:pread:ffffffffff,1,1", "vFile:close:x", "vFile:unlink:", "vFile:pwrite:3,0"},
	},
	{
		"run", parsed(rsp.ParseRun), appended[rsp.Run],
		[]string{"vRun;2f62696e", "vRun;;61;62", "vRun;61;;62"}, []string{"", "vRun", "vRun;6", "vRun;00"},
	},
	{
		"catch", parsed(rsp.ParseCatchSyscalls), appended[rsp.CatchSyscalls],
		[]string{"0", "1", "1;1;3b"}, []string{"", "2", "1;", "1;x", "1x"},
	},
	{
		"tls", parsed(rsp.ParseTLS), func(v any) []byte { return v.(rsp.TLS).AppendTo(nil, true) },
		[]string{"p1.2,10,7fff0000"}, []string{"", "p1.2", "p1.2,10", "p1.2,10,20,30", "x,1,2"},
	},
	{
		"signals", parsed(rsp.ParseSignals), func(v any) []byte { return rsp.AppendSignals(nil, v.(rsp.SignalSet)) },
		[]string{"", "2;5;14"}, []string{"x", "1,2", "fff"},
	},
	{
		"thread", valid(func(b []byte) (rsp.Thread, bool) {
			t, rest, ok := rsp.ParseThread(b)
			return t, ok && len(rest) == 0
		}),
		func(v any) []byte { return v.(rsp.Thread).AppendTo(nil, true) },
		[]string{"p1.2", "p-1.-1", "pff.-1", "p0.0"}, []string{"", "p", "px.1", "p1.x", "p1.2.3", "g"},
	},
	{
		"error", valid(rsp.ParseError), appended[*rsp.Error],
		[]string{"E01", "Eff", "E.no such process"}, []string{"", "E", "E1", "OK", "Ezz"},
	},
	{
		"stop", parsed(rsp.ParseStop), func(v any) []byte { s := v.(rsp.Stop); return s.AppendTo(nil, true) },
		[]string{
			"T05thread:p1.2;core:0;", "T05swbreak:;10:0010000000000000;thread:p1.2;", "T05watch:7fff0000;thread:p1.1;",
			"T05syscall_entry:3b;thread:p1.1;", "T05fork:p2.2;thread:p1.1;", "T05exec:2f62696e;thread:p1.1;", "T05create:;thread:p1.3;",
			"T05vforkdone:;thread:p1.1;", "W03;process:a", "X0b;process:a", "w0;p1.2", "N",
		},
		[]string{"", "T", "Tzz", "Wx", "w0", "Q05", "T05thread:x;", "T05exec:2;thread:p1.1;", "T0510:zz;"},
	},
}

// Every packet comes back as it was, and damaged ones are refused.
func TestPackets(t *testing.T) {
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			for _, packet := range f.good {
				v, err := f.parse([]byte(packet))
				if err != nil {
					t.Errorf("%q: %v", packet, err)
					continue
				}
				if back := f.encode(v); string(back) != packet {
					t.Errorf("%q: %+v makes %q", packet, v, back)
				}
			}
			for _, packet := range f.bad {
				if v, err := f.parse([]byte(packet)); err == nil {
					t.Errorf("%q was taken for %+v", packet, v)
				}
			}
		})
	}
}

// FuzzPackets has every parser take everything. What one takes, it takes again
// from its own encoding, with the same meaning.
func FuzzPackets(f *testing.F) {
	for _, x := range families {
		for _, packet := range append(x.good, x.bad...) {
			f.Add([]byte(packet))
		}
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, x := range families {
			v, err := x.parse(packet)
			if err != nil {
				continue
			}
			text := x.encode(v)
			again, err := x.parse(text)
			if err != nil {
				t.Fatalf("%s: %q was taken, its encoding %q is not: %v", x.name, packet, text, err)
			}
			if !same(v, again) {
				t.Fatalf("%s: %q means %+v, its encoding %q means %+v", x.name, packet, v, text, again)
			}
		}
		rsp.ParseFeatures(packet)
		rsp.ParsePiece(packet)
	})
}

// same compares what was parsed. What an encoding need not carry may differ: an
// operation on files that is not known, the signal of an action that takes none.
func same(a, b any) bool {
	if f, isFile := a.(rsp.File); isFile {
		return f.Op == b.(rsp.File).Op
	}
	if s, isStop := a.(rsp.Stop); isStop {
		return s.Reason == b.(rsp.Stop).Reason && s.Thread == b.(rsp.Stop).Thread
	}
	return reflect.DeepEqual(a, b)
}

func TestThread(t *testing.T) {
	for text, want := range map[string]rsp.Thread{
		"p1.2": {PID: 1, TID: 2}, "p-1.-1": {PID: rsp.All, TID: rsp.All}, "p1.-1": {PID: 1, TID: rsp.All}, "p0.0": {}, "pff.10": {PID: 255, TID: 16},
	} {
		got, rest, ok := rsp.ParseThread([]byte(text))
		if !ok || got != want || len(rest) != 0 || string(got.AppendTo(nil, true)) != text {
			t.Errorf("%q is %+v, %q, %v", text, got, rest, ok)
		}
	}
	if got, _, ok := rsp.ParseThread([]byte("12")); !ok || got != (rsp.Thread{TID: 0x12}) {
		t.Errorf("without a process: %+v", got)
	}
	for _, text := range []string{"", "p", "p1.", "px", "p100000000.1"} {
		if got, _, ok := rsp.ParseThread([]byte(text)); ok {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}

// Every signal of Linux has a number of gdb's of its own, but for the one that
// gdb has none for.
func TestSignals(t *testing.T) {
	for n := 1; n <= 64; n++ {
		if back := rsp.SignalFromGDB(rsp.SignalToGDB(n)); back != n && n != int(syscall.SIGSTKFLT) {
			t.Errorf("signal %d came back as %d", n, back)
		}
	}
	if rsp.SignalToGDB(int(syscall.SIGUSR1)) != 30 || rsp.SignalToGDB(34) != 46 {
		t.Error("not gdb's numbers")
	}
}

func TestPiece(t *testing.T) {
	object := []byte("0123456789#$abcdef")
	var got []byte
	for x := (rsp.Transfer{Length: 4}); ; {
		data, last, err := rsp.ParsePiece(x.Piece(nil, object, 100))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, data...)
		x.Offset += uint64(len(data))
		if last {
			break
		}
	}
	if !bytes.Equal(got, object) {
		t.Errorf("read %q", got)
	}
	whole := rsp.Transfer{Length: 100}
	if reply := whole.Piece(nil, object, 12); len(reply) > 12 || reply[0] != 'm' {
		t.Errorf("a reply of at most 12 bytes is %q", reply)
	}
}

// The checksum is that of gdb's compare-sections.
func TestCRC(t *testing.T) {
	if got := rsp.CRC(^uint32(0), []byte("123456789")); got != 0x0376e6e7 {
		t.Errorf("%#x", got)
	}
}
