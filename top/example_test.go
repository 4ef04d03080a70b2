package top_test

import (
	"fmt"
	"time"

	"github.com/utrace/utrace/top"
)

// A program made calls for a second.
func Example() {
	var m top.Model
	start := time.Unix(0, 0)
	m.Sample(start)
	m.Thread(100, 100, "server")
	for range 40 {
		m.Leave(100, "read", time.Millisecond, false)
	}
	page := top.Page{Sample: m.Sample(start.Add(time.Second)), Choice: top.Choice{By: top.Calls}, Title: "server"}
	fmt.Print(page)
	// Output:
	// server  1 thread  40 calls/s  0 errors/s
	// calls by time
	//   calls/s errors/s   time%      mean   longest  total calls  CALL
	//        40        0     4.0    1000us    1000us           40  read
}
