//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/scale"
)

// vandal makes packets of all families in any order and with any numbers. It does not
// kill, and writes to memory where that does no harm.
type vandal struct {
	*rand.Rand
	s        *served
	pid, tid int
}

// number is one that servers get wrong.
func (v vandal) number() string {
	return v.pick("0", "1", "ffff", "7fffffff", "80000000", "ffffffff", "7fffffffffffffff", "ffffffffffffffff", "10000000000000000", "x",
		fmt.Sprintf("%x", v.Uint64()>>v.IntN(64)), fmt.Sprintf("%x", v.s.at["f"]), fmt.Sprintf("%x", v.s.at["g"]))
}

func (v vandal) pick(words ...string) string { return words[v.IntN(len(words))] }

// thread names one, some, or none.
func (v vandal) thread() string {
	return v.pick("p-1.-1", "p0.0", "0", "-1", fmt.Sprintf("p%x.%x", v.pid, v.tid), fmt.Sprintf("p%x.-1", v.pid), fmt.Sprintf("p%x.%x", v.pid, v.tid+v.IntN(4)), "p"+v.number())
}

func (v vandal) packet() string {
	pid := v.pick(fmt.Sprintf("%x", v.pid), "0", "7fffffff", "80000000", "x") // nobody else's
	condition := v.pick("", "", ";X1,27", ";X3,220027", ";X3,210000", ";X4,22002627", ";X"+v.number()+",27", ";cmds:0,X1,27")
	switch v.IntN(14) {
	case 0:
		return v.pick("?", "?", "!", "qC", "qfThreadInfo", "qsThreadInfo", "g", "vStopped", "vCtrlC", "vCont?", "qHostInfo", "qProcessInfo", "qSymbol::", "D", "QStartNoAckMode", "qGetPid")
	case 1:
		action := func() string {
			return v.pick("c", "s", "t", "C1e", "S14", "r"+v.number()+","+v.number()) + v.pick("", ":"+v.thread())
		}
		return "vCont;" + action() + v.pick("", ";"+action())
	case 2:
		return v.pick("Hg", "Hc", "T", "qThreadExtraInfo,", "qThreadStopInfo") + v.thread()
	case 3:
		return v.pick("Z", "Z", "z") + v.pick("0", "0", "1", "2", "4") + "," + v.number() + "," + v.pick("1", "2", "4", "8", v.number()) + condition
	case 4:
		return v.pick("m", "x", "qCRC:") + v.number() + "," + v.number()
	case 5:
		return fmt.Sprintf("%s%x,%s", v.pick("M", "X"), v.s.at["pattern"], v.pick("1:41", "2:4142", v.number()+":41"))
	case 6:
		return "qXfer:" + v.pick("features:read:target.xml:", "auxv:read::", "threads:read::", "siginfo:read::", "libraries-svr4:read::", "exec-file:read::",
			"libraries-svr4:read:start="+v.number()+";prev=0:", "exec-file:read:"+pid+":", "osdata:read:threads:") + v.number() + "," + v.number()
	case 7:
		return "vFile:" + v.pick("open:2f6465762f7a65726f,0,0", "open:2f,0,0", "open:2f6e6f6e65,"+v.number()+",0", "pread:1,"+v.number()+","+v.number(),
			"pread:2,ffffff,0", "fstat:1", "close:"+v.number(), "setfs:"+pid, "readlink:2f70726f632f73656c66", "nonsense:1")
	case 8:
		return v.pick("QNonStop:", "QThreadEvents:", "QCatchSyscalls:", "QStartupWithShell:", "QDisableRandomization:") + v.pick("0", "1", "1;1;3", v.number())
	case 9:
		return v.pick("QPassSignals:", "QProgramSignals:") + v.pick("", "e;1e", v.number())
	case 10:
		return v.pick("vAttach;", "D;", "qAttached:") + pid
	case 11:
		return v.pick("qMemoryRegionInfo:", "qRegisterInfo", "p", "qGetTLSAddr:"+v.thread()+",0,", "qSearch:memory:"+v.number()+";"+v.number()+";") + v.number()
	case 12:
		return "qSupported:" + v.pick("multiprocess+", "swbreak+;hwbreak+;fork-events+", "xmlRegisters=i386;no-resumed+", "PacketSize="+v.number())
	}
	return v.pick("c", "s", "C1e", "S14", "vCont", "Z", "QEnvironmentUnset:41", "QSetWorkingDir:", "qRcmd,"+fmt.Sprintf("%x", "clients"), "j", "_M1000,rx")
}

// A client that says anything in any order: another one's program goes on, and answers
// its ^C.
func TestRandomPackets(t *testing.T) {
	s := serve(t, gdbserver.Options{}, "3")
	c := s.client()
	first := c.stop("?")
	c.want("QPassSignals:1e;14", "OK")
	g := rsp.Point{Insert: true, Type: rsp.Software, Addr: s.at["g"], Kind: 1}
	c.want(string(g.AppendTo(nil)), "OK")
	c.stop("vCont;c") // where it has a handler for the signals that come now
	g.Insert = false
	c.want(string(g.AppendTo(nil)), "OK")
	for seed := range uint64(scale.Rounds(12)) {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, conn)
			heard <- err
		}()
		v := vandal{rand.New(rand.NewPCG(seed, 6)), s, first.Thread.PID, first.Thread.TID}
		for range 20 {
			var burst []byte
			for range v.IntN(30) {
				packet := v.packet()
				burst = rsp.AppendPacket(burst, []byte(packet))
				if v.IntN(10) == 0 {
					burst = append(burst, 3)
				}
				if testing.Verbose() {
					t.Logf("%d: %s", seed, packet)
				}
			}
			if _, err := conn.Write(burst); err != nil {
				break // it has asked for the end
			}
			c.resume()
			if err := c.Interrupt(); err != nil {
				t.Fatal(err)
			}
			if stop := c.await(); stop.Reason != rsp.Signalled || stop.Signal != 2 {
				t.Fatalf("seed %d: ^C was answered with %+v", seed, stop)
			}
		}
		conn.Close()
		<-heard
	}
	c.breakAt(s.at["f"])
	if hit := c.stop("vCont;c"); hit.Reason != rsp.SoftwareBreak {
		t.Fatalf("afterwards: %+v", hit)
	}
	z := rsp.Point{Type: rsp.Software, Addr: s.at["f"], Kind: 1}
	c.want(string(z.AppendTo(nil)), "OK")
	end := rsp.Memory{Letter: 'X', Addr: s.at["stop"], Data: []byte{1}}
	c.want(string(end.AppendTo(nil)), "OK")
	if last := c.stop("vCont;c"); last.Reason != rsp.Exited || last.Code != 7 {
		t.Errorf("the end: %+v", last)
	}
}
