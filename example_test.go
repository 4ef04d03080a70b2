package utrace_test

import (
	"context"
	"fmt"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook/sim"
)

// counter counts the system calls of a thread.
type counter struct{ calls int }

// ReportSyscallEntry makes counter a utrace.SyscallEntryReporter.
func (c *counter) ReportSyscallEntry(*utrace.Report, *utrace.Syscall) utrace.SyscallAnswer {
	c.calls++
	return utrace.SyscallAnswer{}
}

// The examples run on a simulated kernel, so that they run everywhere. On a
// real one, package host makes the core.
func Example() {
	kernel := sim.New(1)
	pid, _ := kernel.Spawn(`getppid; getpid; print "hello"; exit 3`)

	core, err := utrace.New(kernel, utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	var c counter
	if _, err := core.Attach(context.Background(), pid, &c, utrace.WithEvents(utrace.EventSyscallEntry)); err != nil {
		fmt.Println(err)
		return
	}
	kernel.RunUntilIdle()
	fmt.Println(c.calls, "calls; output:", kernel.Output(pid))
	// Output: 4 calls; output: hello
}

// An engine decides about a system call: here getppid fails, and is not even
// made.
func ExampleSyscall_SetResult() {
	kernel := sim.New(1)
	pid, _ := kernel.Spawn(`getppid; result getppid`)
	core, _ := utrace.New(kernel, utrace.Options{})
	defer core.Close()

	const getppid = 110 // on x86_64
	inject := &utrace.Funcs{
		SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			if s.Number() != getppid {
				return utrace.SyscallAnswer{}
			}
			s.SetResult(-int64(syscall.EPERM))
			return utrace.SyscallAnswer{Call: utrace.AbortCall}
		},
	}
	core.Attach(context.Background(), pid, inject, utrace.WithEvents(utrace.EventSyscallEntry))
	kernel.RunUntilIdle()
	fmt.Print(kernel.Output(pid))
	// Output: getppid: EPERM
}

// A Stream is read like any other sequence. The thread waits at the events of
// Wait until they are answered.
func ExampleStream() {
	kernel := sim.New(1)
	pid, _ := kernel.Spawn(`barrier go; kill USR1; print "survived"; exit 0`)
	core, _ := utrace.New(kernel, utrace.Options{})
	core.Start()
	defer core.Close()

	ctx := context.Background()
	stream := &utrace.Stream{Wait: utrace.EventSignalTerm}
	core.Attach(ctx, pid, stream, utrace.WithEvents(utrace.EventSignalTerm|utrace.EventReap))
	kernel.Input(pid, 1)
	for ev := range stream.Events(ctx) {
		switch ev.Event {
		case utrace.EventSignalTerm:
			fmt.Println("signal", ev.Signal.Signo())
			ev.AnswerSignal(ctx, utrace.SignalAnswer{Do: utrace.Ignore})
		case utrace.EventReap:
			fmt.Println(ev.Status)
			stream.Close()
		}
	}
	// Output:
	// signal 10
	// exited with 0
}

// A group follows a whole tree of processes.
func ExampleCore_AttachGroup() {
	kernel := sim.New(1)
	pid, _ := kernel.Spawn(`fork { exit 1 }; wait; fork { exit 2 }; wait; exit 3`)
	core, _ := utrace.New(kernel, utrace.Options{})
	defer core.Close()

	handler := &utrace.Funcs{
		Exit: func(r *utrace.Report, status utrace.Status) utrace.Action {
			fmt.Println(r.Thread().ID()-pid, status)
			return utrace.Resume
		},
	}
	group, err := core.AttachGroup(context.Background(), pid, utrace.Tree,
		func(*utrace.Thread) any { return handler }, utrace.WithEvents(utrace.EventExit))
	if err != nil {
		fmt.Println(err)
		return
	}
	kernel.RunUntilIdle()
	<-group.Done()
	// Output:
	// 1 exited with 1
	// 2 exited with 2
	// 0 exited with 3
}

// An examination looks at a thread that is held. What was read counts if Close
// returns nil.
func ExampleEngine_Examine() {
	kernel := sim.New(1)
	pid, _ := kernel.Spawn(`getppid; write 2 "x"`)
	core, _ := utrace.New(kernel, utrace.Options{})
	defer core.Close()

	ctx := context.Background()
	holder := &utrace.Funcs{
		SyscallEntry: func(_ *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
			if s.Number() == 1 {
				return utrace.SyscallAnswer{Action: utrace.Stop}
			}
			return utrace.SyscallAnswer{}
		},
	}
	engine, _ := core.Attach(ctx, pid, holder, utrace.WithEvents(utrace.EventSyscallEntry))
	kernel.RunUntilIdle()

	x, err := engine.Examine(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	nr, args, _, _ := x.Syscall()
	text := make([]byte, args[2])
	x.ReadMemory(args[1], text)
	if err := x.Close(); err == nil {
		fmt.Printf("call %d, descriptor %d, %q\n", nr, args[0], text)
	}
	// Output: call 1, descriptor 2, "x"
}
