package record_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/utrace/utrace/record"
)

// A recording of one system call.
func Example() {
	var file bytes.Buffer
	w := record.NewWriter(&file, 0)
	begin := time.Unix(1, 0)
	w.Event(&record.Event{Kind: record.Attach, Time: begin, TID: 7, PID: 7})
	w.Event(&record.Event{
		Kind: record.Entry, Time: begin, TID: 7, ABI: "x86_64", Nr: 80, Args: [6]uint64{0x1000},
		Memory: []record.Memory{{Addr: 0x1000, Data: []byte("/tmp\x00")}},
	})
	w.Event(&record.Event{Kind: record.Exit, Time: begin.Add(time.Millisecond), TID: 7})
	if err := w.Close(); err != nil {
		fmt.Println(err)
	}

	f, err := record.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for ev, err := range f.Events() {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(ev.Kind, ev.Time.Sub(begin), ev.Nr)
	}
	// Output:
	// attach 0s 0
	// entry 0s 80
	// exit 1ms 0
}
