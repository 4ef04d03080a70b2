package strace

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestPercentile: percentiles are never too small, and at most an eighth too large.
func TestPercentile(t *testing.T) {
	for b := range 60 * perOctave {
		if got := bucket(limit(b)); got != b {
			t.Fatalf("bucket %d ends at %d, which is in bucket %d", b, limit(b), got)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var h, half histogram
	var all []time.Duration
	for range 10000 {
		d := time.Duration(r.ExpFloat64() * float64(time.Millisecond))
		all = append(all, d)
		if len(all)%2 == 0 {
			h.add(d)
		} else {
			half.add(d)
		}
	}
	h.merge(half)
	slices.Sort(all)
	for _, p := range []uint64{50, 90, 99} {
		want := all[uint64(len(all))*p/100-1]
		if got := h.percentile(p, uint64(len(all))); got < want || got > want+want/8+1 {
			t.Errorf("p%d is %v, want %v", p, got, want)
		}
	}
	if got := new(histogram).percentile(50, 0); got != 0 {
		t.Error(got)
	}
}
