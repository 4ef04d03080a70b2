package rsp_test

import (
	"fmt"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// A stop reply, as it is sent and as it is read.
func Example() {
	stop := rsp.Stop{Reason: rsp.SoftwareBreak, Signal: 5, Thread: rsp.Thread{PID: 100, TID: 101}, Core: -1}
	frame := rsp.AppendPacket(nil, stop.AppendTo(nil, true))
	fmt.Printf("%s\n", frame)

	var d rsp.Decoder
	_, content, _ := d.Next(frame)
	back, err := rsp.ParseStop(content)
	fmt.Println(back.Reason == rsp.SoftwareBreak, back.Thread, err)
	// Output:
	// $T05swbreak:;thread:p64.65;#7d
	// true {100 101} <nil>
}
