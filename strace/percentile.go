package strace

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that grow with them, eight for each power
// of two: what is read from it is at most an eighth too large. The zero histogram
// is empty.
type histogram struct {
	counts *[64 * perOctave]uint64 // made when first needed
}

const perOctave = 8

// bucket is the number of the bucket of d, and limit the largest duration of one.
func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < perOctave {
		return int(n)
	}
	octave := bits.Len64(n) - bits.Len(perOctave) // how often n can be halved until it is in [8,16)
	return octave*perOctave + int(n>>octave)
}

func limit(bucket int) time.Duration {
	if bucket < 2*perOctave {
		return time.Duration(bucket)
	}
	octave := bucket/perOctave - 1
	return time.Duration((uint64(bucket%perOctave+perOctave)+1)<<octave - 1)
}

func (h *histogram) add(d time.Duration) {
	if h.counts == nil {
		h.counts = new([64 * perOctave]uint64)
	}
	h.counts[bucket(d)]++
}

func (h *histogram) merge(o histogram) {
	if o.counts == nil {
		return
	}
	if h.counts == nil {
		h.counts = new([64 * perOctave]uint64)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
}

// percentile is a duration that so many of a hundred do not exceed, of calls in all.
func (h *histogram) percentile(percent, calls uint64) time.Duration {
	if h.counts == nil || calls == 0 {
		return 0
	}
	rank := (calls*percent + 99) / 100
	for i, n := range h.counts {
		if n >= rank {
			return limit(i)
		}
		rank -= n
	}
	return 0
}

// percentile is the time of a column.
func (r *row) percentile(c Column) time.Duration {
	percent := map[Column]uint64{ColumnP50: 50, ColumnP90: 90, ColumnP99: 99}[c]
	return min(r.times.percentile(percent, r.calls), r.max)
}
