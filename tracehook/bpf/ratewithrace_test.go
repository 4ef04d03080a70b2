//go:build race

package bpf_test

// callsPerSecond is less than without the race detector, with which the reader
// takes many times as long for each event.
const callsPerSecond = 15_000
