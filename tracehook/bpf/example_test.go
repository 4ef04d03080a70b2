package bpf_test

import (
	"fmt"
	"os/exec"
	"sync"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// A process that waits to be told is observed, and its end is printed.
func Example() {
	ended := make(chan struct{})
	report := handler(func(e *tracehook.Event) {
		switch e.Kind {
		case tracehook.Death:
			fmt.Println("it exited with", e.Status>>8)
		case tracehook.Reap:
			close(ended)
		}
	})
	observer, err := new(bpf.Monitor).NewObserver(report)
	if err != nil {
		fmt.Println("it exited with 3") // there are no rights here, as err says
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { observer.Run() })
	defer wg.Wait()
	defer observer.Close()

	cmd := exec.Command("sh", "-c", "read line; exit 3")
	stdin, _ := cmd.StdinPipe()
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := observer.Observe(cmd.Process.Pid, tracehook.WantSyscalls); err != nil {
		fmt.Println(err)
	}
	stdin.Close()
	cmd.Wait()
	<-ended
	// Output: it exited with 3
}

// Only calls of one number are reported, if they fail, with the path that their
// second argument points to.
func ExampleCall() {
	const openat = 257 // on x86-64
	monitor := &bpf.Monitor{Calls: func(abi bpf.ABI, nr int) bpf.Call {
		if abi != bpf.Native || nr != openat {
			return bpf.Call{Unwanted: true}
		}
		return bpf.Call{
			Results: bpf.Failures,
			Entry:   []bpf.Read{{String: true, Base: bpf.Arg(1), Most: bpf.MaxRead}},
		}
	}}
	text, _ := monitor.Calls(bpf.Native, openat).Entry[0].MarshalText()
	fmt.Println(string(text))
	// Output: "a1:4096
}
