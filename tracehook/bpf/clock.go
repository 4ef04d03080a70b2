package bpf

import (
	"time"

	"golang.org/x/sys/unix"
)

// A Clock turns the times of events into times of day.
type Clock struct{ boot time.Time }

// NewClock compares the two clocks. What changes the time of day later does not
// change what the Clock says.
func NewClock() (Clock, error) {
	t, err := monotonic()
	return Clock{time.Now().Add(-time.Duration(t))}, err
}

// monotonic is the clock of events.
func monotonic() (uint64, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return uint64(t.Nano()), err
}

// Time is the time of day for Event.Time.
func (c Clock) Time(t uint64) time.Time { return c.boot.Add(time.Duration(t)) }
