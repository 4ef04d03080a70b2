// Command ticks calls a function for ever, for debuggers of Go programs.
package main

import "time"

var total int

func tick(n int) int {
	total += n
	return total
}

func main() {
	for n := 0; ; n++ {
		tick(n)
		time.Sleep(time.Millisecond)
	}
}
