package seccomp

import (
	"iter"
	"slices"
)

// span says what all numbers from first on are answered with, up to the next
// span. A list of spans is sorted, begins at 0, and neighbours differ.
type span struct {
	first  uint32
	answer uint32
}

// paint returns the list with another answer for the numbers first to last.
func paint(spans []span, first, last uint32, answer uint32) []span {
	out := make([]span, 0, len(spans)+2)
	add := func(at, answer uint32) {
		if n := len(out); n == 0 || out[n-1].answer != answer {
			out = append(out, span{at, answer})
		}
	}
	painted := false
	for i, s := range spans {
		end := ^uint32(0) // the last number of this span
		if i+1 < len(spans) {
			end = spans[i+1].first - 1
		}
		if s.first < first {
			add(s.first, s.answer)
		}
		if !painted && end >= first {
			add(first, answer)
			painted = true
		}
		if end > last {
			add(max(s.first, last+1), s.answer)
		}
	}
	return out
}

// runs yields the first and the last of each row of successive numbers.
func runs(calls []uint32) iter.Seq2[uint32, uint32] {
	calls = slices.Compact(slices.Sorted(slices.Values(calls)))
	return func(yield func(first, last uint32) bool) {
		for i := 0; i < len(calls); {
			j := i + 1
			for j < len(calls) && calls[j] == calls[j-1]+1 {
				j++
			}
			if !yield(calls[i], calls[j-1]) {
				return
			}
			i = j
		}
	}
}
