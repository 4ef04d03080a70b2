package learn_test

import (
	"fmt"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/strace/learn"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

// What has to be copied with the calls of a set, for a bpf.Monitor.
func ExamplePlan() {
	set, err := syscalls.ParseSet("readlink")
	if err != nil {
		fmt.Println(err)
		return
	}
	calls, err := learn.Plan(decode.Options{}, set.Contains)
	if err != nil {
		fmt.Println(err)
		return
	}
	monitor := bpf.Monitor{Calls: calls}

	readlink, _ := syscalls.X86_64.ByName("readlink")
	call := monitor.Calls(bpf.Native, readlink.Number)
	fmt.Println(call.Entry[0].String, call.Entry[0].Most, call.Exit[0].Most)
	// Output: true 4096 33
}
