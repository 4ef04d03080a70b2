package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/vptrace"
)

// talker is a client that says what it is told to, and no more.
type talker struct {
	*testing.T
	conn  *net.UnixConn
	lines *bufio.Scanner
	told  []api.Message // notifications that were not looked at
}

// ask makes a request, and waits for the answer.
func (c *talker) ask(line string, fds ...int) {
	c.Helper()
	if _, _, err := c.conn.WriteMsgUnix([]byte(line+"\n"), syscall.UnixRights(fds...), nil); err != nil {
		c.Fatal(err)
	}
	for m := c.next(); ; m = c.next() {
		switch {
		case m.Error != nil:
			c.Fatalf("%s: %s", line, m.Error.Message)
		case m.ID != nil:
			return
		}
		c.told = append(c.told, m)
	}
}

// next is the next message.
func (c *talker) next() (m api.Message) {
	c.Helper()
	if !c.lines.Scan() {
		c.Fatal("the connection has ended")
	}
	if err := json.Unmarshal(c.lines.Bytes(), &m); err != nil {
		c.Fatal(err)
	}
	return m
}

// event is the next event.
func (c *talker) event() (ev api.Event) {
	c.Helper()
	if len(c.told) == 0 {
		c.told = append(c.told, c.next())
	}
	if err := json.Unmarshal(c.told[0].Params, &ev); err != nil {
		c.Fatal(err)
	}
	c.told = c.told[1:]
	return ev
}

// A client that leaves a stop without a word is disconnected when the owner's
// patience is over, and the thread goes on; meanwhile others are served. A stop
// that it holds on purpose, it may keep.
func TestGuest_Silent(t *testing.T) {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	o := &owner{core: core, server: vptrace.New(core)}
	ours, theirs := pair(t)
	s := o.newSession(context.Background(), ours, peer{pid: os.Getpid()})
	s.patience = 300 * time.Millisecond
	served := make(chan struct{})
	go func() { defer close(served); s.serve() }()
	c := &talker{T: t, conn: theirs, lines: bufio.NewScanner(theirs)}

	patient, silent := actor.Start(t, "barrier a; exit 4"), actor.Start(t, "barrier a; exit 5")
	c.ask(`{"jsonrpc":"2.0","id":1,"method":"core.open","params":{"name":"silent"}}`)
	for i, p := range []*actor.Process{patient, silent} {
		p.Expect("@a\n")
		mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", p.PID), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.ask(fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"fds":1,"method":"task.attach","params":{"attachment":1,"thread":%d}}`, p.PID), int(mem.Fd()))
		mem.Close()
		c.ask(fmt.Sprintf(`{"jsonrpc":"2.0","id":3,"method":"task.interrupt","params":{"attachment":1,"task":%d}}`, i+1))
		if i == 0 { // held on purpose
			stop := c.event()
			if stop.Event != "quiesce" || !stop.Waits {
				t.Fatalf("the stop is %+v", stop)
			}
			c.ask(fmt.Sprintf(`{"jsonrpc":"2.0","id":4,"method":"task.hold","params":{"attachment":1,"task":1,"seq":%d}}`, stop.Seq))
			time.Sleep(2 * s.patience)
			c.ask(`{"jsonrpc":"2.0","id":5,"method":"owner.hello"}`)
		}
	}
	reason := ""
	for c.lines.Scan() {
		if line := c.lines.Text(); strings.Contains(line, `"end"`) {
			reason = line
		}
	}
	if !strings.Contains(reason, fmt.Sprintf("thread %d was not answered", silent.PID)) {
		t.Errorf("the reason is %q", reason)
	}
	<-served
	for i, p := range []*actor.Process{patient, silent} {
		p.Release()
		if status := p.Wait(); status.ExitStatus() != 4+i {
			t.Errorf("process %d ended with %#x", i, status)
		}
	}
}
