//go:build !race

package bpf_test

// callsPerSecond is how many calls, of two events, TestRate makes.
const callsPerSecond = 150_000
