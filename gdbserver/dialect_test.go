//go:build linux && amd64

package gdbserver_test

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// exchange is a packet, and what the answer must look like. In both, {name} stands
// for an address of the program or for what an earlier answer had in that place.
type exchange struct{ send, want string }

// What lldb 14 and Delve 1.27 said in sessions of theirs, in which they attached, hit
// a breakpoint, stepped, and looked at registers and memory. TestLLDB and TestDelve have
// the real ones do it.
var dialects = map[string][]exchange{
	"lldb": {
		{"QStartNoAckMode", "OK"},
		{"qSupported:xmlRegisters=i386,arm,mips,arc;multiprocess+;fork-events+;vfork-events+", "PacketSize=.*;swbreak\\+;.*"},
		{"QThreadSuffixSupported", "OK"},
		{"QListThreadsInStopReply", "OK"},
		{"qHostInfo", "triple:7838365f36342d70632d6c696e75782d676e75;ptrsize:8;.*endian:little;.*"},
		{"vCont?", "vCont;c;C;t;s;S;r"},
		{"qVAttachOrWaitSupported", ""},
		{"QEnableErrorStrings", ""},
		{"qProcessInfo", "pid:{pid};parent-pid:[0-9a-f]+;.*ostype:linux;endian:little;ptrsize:8;"},
		{"qC", "QCp{pid}.{tid}"},
		{"qXfer:features:read:target.xml:0,1ffff", "l<\\?xml.*name=\"rip\".*</target>\n"},
		{"?", "T05.*thread:p{pid}.{tid};.*threads:{tid};thread-pcs:[0-9a-f]+;.*"},
		{"qMemoryRegionInfo:{f}", "start:[0-9a-f]+;size:[0-9a-f]+;permissions:rx;name:[0-9a-f]+;"},
		{"qMemoryRegionInfo:0", "start:0;size:[0-9a-f]+;"},
		{"x0,0", "OK"},
		{"x{pattern},6", "needle"},
		{"Z0,{f},1", "OK"},
		{"vCont;c", "T05.*thread:p{pid}.{hit};.*threads:{tid},{hit};thread-pcs:.*;reason:breakpoint;"},
		{"qThreadStopInfo{tid}", "T00.*thread:p{pid}.{tid};.*"},
		{"p10;thread:{hit};", "{f:le}"},
		{"P3=0102030405060708;thread:{hit};", "OK"},
		{"p3;thread:{hit};", "0102030405060708"},
		{"z0,{f},1", "OK"},
		{"vCont;s:p{pid}.{hit}", "T05.*thread:p{pid}.{hit};.*reason:trace;"},
		{"M{pattern},2:4142", "OK"},
		{"x{pattern},6", "ABedle"},
		{"_M1000,rx", ""}, // no memory is made in the program
	},
	"delve": {
		{"QStartNoAckMode", "OK"},
		{"QThreadSuffixSupported", "OK"},
		{"qSupported:swbreak+;hwbreak+;no-resumed+;xmlRegisters=i386", "PacketSize=.*"},
		{"qRegisterInfo0", "name:rax;bitsize:64;offset:0;encoding:uint;format:hex;set:General Purpose Registers;ehframe:0;dwarf:0;"},
		{"qRegisterInfo10", "name:rip;bitsize:64;offset:128;.*generic:pc;"},
		{"qRegisterInfofff", "!45"},
		{"QListThreadsInStopReply", "OK"},
		{"x0,0", "OK"},
		{"qXfer:exec-file:read::0,fff", "l/.*/threads"},
		{"qProcessInfo", "pid:{pid};.*"},
		{"?", "T05.*thread:{tid};.*threads:{tid};.*"},
		{"Z0,{f},1", "OK"},
		{"vCont;c", "T05.*thread:{hit};.*threads:{tid},{hit};.*reason:breakpoint;"},
		{"g;thread:{hit};", "[0-9a-f*].*"},
		{"p10;thread:{hit};", "{f:le}"},
		{"z0,{f},1", "OK"},
		{"vCont;s:{hit}", "T05.*thread:{hit};.*"},
		{"Z0,{f},1", "OK"},
		{"m{pattern},6", "6e6565646c65"},
		{"X{pattern},2:AB", "OK"},
		{"x{pattern},6", "ABedle"},
		{"qThreadStopInfo{tid}", "T.*thread:{tid};.*"},
		{"z0,{f},1", "OK"},
	},
}

func TestDialects(t *testing.T) {
	for name, script := range dialects {
		t.Run(name, func(t *testing.T) {
			s := serve(t, gdbserver.Options{}, "1")
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			c, known := rsp.NewClient(conn), map[string]string{}
			for name, at := range s.at {
				known[name] = fmt.Sprintf("%x", at)
				var le []byte
				for i := range 8 {
					le = append(le, byte(at>>(8*i)))
				}
				known[name+":le"] = fmt.Sprintf("%x", le)
			}
			for _, x := range script {
				reply, err := c.Exchange([]byte(fill(x.send, known, nil)))
				if failure, isError := err.(*rsp.Error); isError {
					reply = fmt.Appendf(nil, "!%x", failure.Code)
				} else if err != nil {
					t.Fatal(err)
				}
				var names []string
				want := regexp.MustCompile("(?s)^" + fill(x.want, known, &names) + "$")
				found := want.FindSubmatch(reply)
				if found == nil {
					t.Fatalf("%s: %q, want %s", x.send, reply, want)
				}
				for i, name := range names {
					known[name] = string(found[i+1])
				}
			}
			if err := c.Send([]byte("k")); err != nil {
				t.Fatal(err)
			}
			if reply, err := c.Receive(); err == nil {
				t.Errorf("k: %q, want the end of the connection", reply)
			}
		})
	}
}

// fill puts what is known in place of names. What is not known is to be found, if
// somebody wants to: its names come in the order of the parentheses.
func fill(text string, known map[string]string, names *[]string) string {
	return regexp.MustCompile(`\{[a-z:]+\}`).ReplaceAllStringFunc(text, func(word string) string {
		name := strings.Trim(word, "{}")
		value, isKnown := known[name]
		if !isKnown && names != nil {
			*names = append(*names, name)
			return "([0-9a-f]+)"
		}
		return value
	})
}
