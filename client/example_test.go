package client_test

import (
	"context"
	"fmt"
	"os"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/syscalls"
)

// counter is an engine that knows nothing of where its core is.
type counter struct{ writes int }

// ReportSyscallEntry implements utrace.SyscallEntryReporter.
func (c *counter) ReportSyscallEntry(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	if abi := syscalls.ByAuditArch(s.Arch()); abi.CallName(s.Number()) == "write" {
		c.writes++
	}
	return utrace.SyscallAnswer{}
}

// The same engine in a core of its own, and in one whose threads the owner traces,
// which listens at socket.
func ExampleOpen() {
	ctx := context.Background()
	for _, open := range []func() (*utrace.Core, error){
		func() (*utrace.Core, error) { return host.Open(utrace.Options{}) },
		func() (*utrace.Core, error) {
			return client.Open(client.Kernel{Path: socket, Label: "counter"}, utrace.Options{})
		},
	} {
		core, err := open()
		if err != nil {
			fmt.Println(err)
			return
		}
		engine := new(counter)
		quiet, _ := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		command := &launch.Command{
			Path: "/bin/sh", Args: []string{"sh", "-c", "echo 1; echo 2; (echo 3); exit 4"}, Files: []*os.File{nil, quiet, nil},
		}
		p, err := host.Start(ctx, core, command, func(pid int) error {
			_, err := core.AttachGroup(ctx, pid, utrace.Tree, func(*utrace.Thread) any { return engine },
				utrace.WithEvents(utrace.EventSyscallEntry))
			return err
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		status, _ := p.Wait(ctx)
		core.Close()
		quiet.Close()
		fmt.Println(engine.writes, "writes, exit status", status.ExitStatus())
	}
	// Output:
	// 3 writes, exit status 4
	// 3 writes, exit status 4
}
