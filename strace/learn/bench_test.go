package learn

import (
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// BenchmarkTable is what an observing tracer does before it begins.
func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		if _, err := read(table); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStudy is what it would have to do without the table.
func BenchmarkStudy(b *testing.B) {
	for b.Loop() {
		for _, abi := range syscalls.Native() {
			s := student{dec: decode.New(decode.Options{}), abi: abi}
			for nr := range callsPerABI {
				s.plan(number(abi, nr))
			}
		}
	}
}
