package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/tool"
	"github.com/utrace/utrace/vptrace"
)

// A panic of a command, wherever it is, ends that command, and its client is told.
func TestCommandPanics(t *testing.T) {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	for name, command := range map[string]func(context.Context, *tool.Env, []string) syscall.WaitStatus{
		"main": func(context.Context, *tool.Env, []string) syscall.WaitStatus { panic("a mistake") },
		"goroutine": func(ctx context.Context, env *tool.Env, _ []string) syscall.WaitStatus {
			env.Go(func() { panic("a mistake") })
			<-ctx.Done()
			return tool.Exited(0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &owner{core: core, server: vptrace.New(core), command: command}
			ours, theirs := pair(t)
			served := make(chan struct{})
			go func() {
				defer close(served)
				o.newSession(context.Background(), ours, peer{pid: os.Getpid(), uid: uint32(os.Getuid())}).serve()
			}()
			c := &talker{T: t, conn: theirs, lines: bufio.NewScanner(theirs)}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			fd := int(w.Fd())
			c.ask(`{"jsonrpc":"2.0","id":1,"fds":3,"method":"command.run","params":{"name":"test","args":[]}}`, fd, fd, fd)
			w.Close()
			said, _ := bufio.NewReader(r).ReadString('\n')
			r.Close()
			if !strings.Contains(said, "a mistake") {
				t.Errorf("the command says %q", said)
			}
			for {
				m := c.next()
				if m.Method != api.NotifyEnded {
					continue
				}
				var end api.Ended
				if err := json.Unmarshal(m.Params, &end); err != nil || end.Status != 70<<8 {
					t.Errorf("it ended with %#x (%v)", end.Status, err)
				}
				break
			}
			c.ask(`{"jsonrpc":"2.0","id":2,"method":"owner.hello"}`)
			theirs.Close()
			<-served
		})
	}
}
