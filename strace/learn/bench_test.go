package learn

import (
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

// BenchmarkPlan is what an observing tracer does before it begins.
func BenchmarkPlan(b *testing.B) {
	for b.Loop() {
		plan := Plan(decode.Options{}, func(*syscalls.ABI, uint64) bool { return true })
		for abi := bpf.Native; abi <= bpf.X32; abi++ {
			for nr := range 512 {
				plan(abi, nr)
			}
		}
	}
}
