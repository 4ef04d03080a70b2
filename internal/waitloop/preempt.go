package waitloop

import (
	"runtime"
	"time"
)

// A goroutine that has not gone through the Go scheduler for 10 ms is to be
// preempted (forcePreemptNS in runtime/proc.go). One that is in a system call
// whenever the runtime's monitor looks cannot be; so its processor is taken
// away, at each look, and given back at the end of the call. From then on the
// monitor wakes every 20 us to do so, for as long as the loop has work: nearly
// half of a stop's time, where the program may use one processor only. Whoever
// goes through the scheduler before is left alone.

const (
	// preemption is how long the loop may keep away from the scheduler.
	preemption = 5 * time.Millisecond
	// preemptionCheck is after how many statuses the clock is read.
	preemptionCheck = 8
)

// comply goes through the scheduler if it is time to.
func (l *Loop) comply() {
	if now := time.Now(); now.Sub(l.scheduled) >= preemption {
		runtime.Gosched()
		l.scheduled = now
	}
}
