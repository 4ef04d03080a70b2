package strace_test

import (
	"fmt"
	"log"
	"os"
	"syscall"
	"time"

	"github.com/utrace/utrace/strace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// An engine tells a Log what a thread does. Here the events are made up.
func Example() {
	opts, err := strace.ParseOptions([]string{"-o", "|cat", "-T", "true"})
	if err != nil {
		log.Fatal(err)
	}
	l, err := strace.NewLog(opts)
	if err != nil {
		log.Fatal(err)
	}
	start := time.Now()
	t, err := l.Attach(100, 100, strace.Launched, start)
	if err != nil {
		log.Fatal(err)
	}

	// The thread stops at the entry of pause, and again when it returns.
	t.Call = decode.Call{ABI: syscalls.X86_64, Nr: 34, TID: 100}
	l.SyscallEntry(t, start)
	t.Call.Result, t.Call.IsError = int64(syscall.EINTR), true
	l.SyscallExit(t, start.Add(time.Millisecond), time.Microsecond)

	l.Death(t, syscall.WaitStatus(0), start)
	if err := l.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// pause()                                 = -1 EINTR (Interrupted system call) <0.001000>
	// +++ exited with 0 +++
}

// Mistakes are reported in strace's words, with the program's own name.
func ExampleUsageError() {
	_, err := strace.ParseOptions([]string{"-p", "12,x"})
	if usage, ok := err.(*strace.UsageError); ok {
		fmt.Fprint(os.Stdout, usage.Text("utrace strace"))
	}
	// Output:
	// utrace strace: Invalid process id: 'x'
}
