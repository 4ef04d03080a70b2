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

func named[T interface {
	AppendTo(dst []byte, multi bool) []byte
}](v any) []byte {
	return v.(T).AppendTo(nil, true)
}

// register is the reply to g.
type register struct {
	values []byte
	known  []bool
}

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
		[]string{"QCatchSyscalls:0", "QCatchSyscalls:1", "QCatchSyscalls:1;1;3b"},
		[]string{"", "QCatchSyscalls", "QCatchSyscalls:", "QCatchSyscalls:2", "QCatchSyscalls:1;", "QCatchSyscalls:1;x", "QCatchSyscalls:1x"},
	},
	{
		"flag", parsed(rsp.ParseFlag), appended[rsp.Flag],
		[]string{"QNonStop:1", "QThreadEvents:0"}, []string{"", "QNonStop", "QNonStop:", "QNonStop:2", "QNonStop:11", ":1"},
	},
	{
		"environment", parsed(rsp.ParseEnvironment), appended[rsp.Environment],
		[]string{"QEnvironment:A=b:c", "QEnvironmentHexEncoded:413d62", "QEnvironmentUnset:41", "QEnvironmentReset", "QSetWorkingDir:2f", "QSetWorkingDir:"},
		[]string{"", "QEnvironment", "QEnvironment:A\x00", "QEnvironmentUnset:4", "QEnvironmentHexEncoded:00", "QEnvironmentReset:", "QSetWorkingDir", "QFlag:1"},
	},
	{
		"tls", parsed(rsp.ParseTLS), named[rsp.TLS],
		[]string{"qGetTLSAddr:p1.2,10,7fff0000"}, []string{"", "qGetTLSAddr:p1.2", "qGetTLSAddr:p1.2,10", "qGetTLSAddr:p1.2,10,20,30", "qGetTLSAddr:x,1,2", "p1.2,1,2"},
	},
	{
		"symbol", parsed(rsp.ParseSymbol), appended[rsp.Symbol],
		[]string{"qSymbol::", "qSymbol::6d61696e", "qSymbol:401000:6d61696e"}, []string{"", "qSymbol", "qSymbol:", "qSymbol:x:61", "qSymbol:1:", "qSymbol::6"},
	},
	{
		"wanted", parsed(rsp.ParseWanted), func(v any) []byte { return rsp.AppendWanted(nil, v.(string)) },
		[]string{"qSymbol:6d61696e"}, []string{"", "OK", "qSymbol", "qSymbol:6"},
	},
	{
		"signals", parsed(rsp.ParseSignals), appended[rsp.Signals],
		[]string{"QPassSignals:", "QPassSignals:2;5;14", "QProgramSignals:e"}, []string{"", "QPassSignals", "QPassSignals:x", "QProgramSignals:1,2", "QPassSignals:fff"},
	},
	{
		"select", parsed(rsp.ParseSelect), named[rsp.Select],
		[]string{"Hgp1.2", "Hcp-1.-1", "Tp1.2", "qThreadExtraInfo,p1.2", "qThreadStopInfop1.2"},
		[]string{"", "H", "Hg", "Hgx", "T", "Tp1.2x", "qThreadExtraInfo", "qThreadExtraInfo,", "qThreadStopInfo"},
	},
	{
		"current", parsed(rsp.ParseCurrent), func(v any) []byte { return rsp.AppendCurrent(nil, v.(rsp.Thread), true) },
		[]string{"QCp1.2"}, []string{"", "QC", "QCx", "QCp1.2;"},
	},
	{
		"threads", parsed(rsp.ParseThreads), func(v any) []byte {
			reply, _ := rsp.AppendThreads(nil, v.([]rsp.Thread), true, 1<<20)
			return reply
		},
		[]string{"l", "mp1.2", "mp1.2,p1.3"}, []string{"", "m", "mp1.2,", "mx", "lp1.2"},
	},
	{
		"registers", parsed(rsp.ParseRegisters), named[rsp.Registers],
		[]string{"g", "G0011aabb", "p1f", "P3=8877", "g;thread:p1.2;", "p1f;thread:p1.2;", "P3=88;thread:p1.2;", "G00;thread:p1.2;"},
		[]string{"", "g1", "G0", "Gxx", "p", "pzz", "P3", "P=00", "P3=8", "p1;thread:", "p1;thread:x;", "p1;thread:p1.2;;"},
	},
	{
		"values", func(b []byte) (any, error) {
			values, known, err := rsp.ParseValues(b)
			return register{values, known}, err
		}, func(v any) (reply []byte) {
			for i, known := range v.(register).known {
				if known {
					reply = rsp.AppendHex(reply, v.(register).values[i:i+1])
				} else {
					reply = rsp.AppendUnavailable(reply, 1)
				}
			}
			return reply
		},
		[]string{"", "0011xxxxff"}, []string{"0", "0x", "x0", "zz"},
	},
	{
		"content", parsed(func(b []byte) ([]byte, error) { return rsp.Memory{Letter: 'x'}.ParseReply(b, false) }),
		func(v any) []byte { return rsp.Memory{Letter: 'x'}.AppendReply(nil, v.([]byte), false) },
		[]string{"b", "ba}\x03"}, []string{"", "x"},
	},
	{
		"match", parsed(rsp.ParseMatch), appended[rsp.Match], []string{"0", "1,7fff0000"}, []string{"", "1", "1,", "2", "1,x"},
	},
	{
		"crc", parsed(rsp.ParseCRC), func(v any) []byte { return rsp.AppendCRC(nil, v.(uint32)) }, []string{"C0", "Cdeadbeef"}, []string{"", "C", "C123456789", "x"},
	},
	{
		"process", parsed(rsp.ParseProcess), appended[rsp.Process],
		[]string{"vAttach;1f", "vKill;1f", "D", "D;1f", "qAttached", "qAttached:1f"},
		[]string{"", "vAttach", "vAttach;", "vKill;0", "vKill;x", "D;", "D;80000000", "qAttached:", "qAttached;1"},
	},
	{
		"attached", valid(rsp.ParseAttached), func(v any) []byte { return rsp.AppendAttached(nil, v.(bool)) }, []string{"0", "1"}, []string{"", "2", "11"},
	},
	{
		"libraries", func(b []byte) (any, error) { return rsp.ParseLibraries(string(b)) }, appended[rsp.Libraries],
		[]string{"", "start=7f00;prev=0;lmid=10"}, []string{"start", "start=", "start=x", "start=1;prev"},
	},
	{
		"features", func(b []byte) (any, error) { return rsp.ParseFeatures(b), nil }, appended[rsp.Features],
		[]string{"", "PacketSize=20000;QNonStop+;qXfer:auxv:read-;x?"}, nil,
	},
	{
		"actions", parsed(rsp.ParseActions), func(v any) []byte { return rsp.AppendActions(nil, v.(string)) },
		[]string{"vCont", "vCont;c;C;t"}, []string{"", "vCont;", "vCont;cC", "vContc;"},
	},
	{
		"command", parsed(rsp.ParseCommand), appended[rsp.Command], []string{"qRcmd,", "qRcmd,68656c70"}, []string{"", "qRcmd", "qRcmd,6", "qRcmd:68"},
	},
	{
		"output", parsed(rsp.ParseOutput), appended[rsp.Output], []string{"O", "O68656c70"}, []string{"", "OK", "O6"},
	},
	{
		"lookup", parsed(rsp.ParseLookup), appended[rsp.Lookup],
		[]string{"qMemoryRegionInfo:7fff0000", "qRegisterInfo1f"}, []string{"", "qMemoryRegionInfo", "qMemoryRegionInfo:", "qRegisterInfo", "qRegisterInfox"},
	},
	{
		"pairs", parsed(rsp.ParsePairs), appended[rsp.Pairs], []string{"", "pid:1f;name:;", "a:b:c;"}, []string{"a", "a:b", "a;", ";"},
	},
	{
		"result", parsed(rsp.ParseFileResult), appended[rsp.FileResult],
		[]string{"F0", "F5;a}\x03", "F0;", "F-1,2"}, []string{"", "F", "F-1", "F-1,", "F-1,0", "F1,2", "x"},
	},
	{
		"notification", parsed(rsp.ParseNotification), func(v any) []byte { s := v.(rsp.Stop); return s.AppendTo(rsp.AppendStopName(nil), true) },
		[]string{"Stop:T05swbreak:;thread:p1.2;", "Stop:W00;process:1"}, []string{"", "Stop", "Stop:", "Other:T05"},
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
			if !reflect.DeepEqual(v, again) {
				t.Fatalf("%s: %q means %+v, its encoding %q means %+v", x.name, packet, v, text, again)
			}
		}
		rsp.ParsePiece(packet)
		rsp.Split(packet)
	})
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
