// Package pprof sums up system calls as a profile that go tool pprof reads:
// where the calls come from, how many there are, and how long they take.
package pprof

import (
	"io"
	"time"

	"github.com/google/pprof/profile"
)

// Profile collects calls. The zero value is an empty profile. It is not for
// several goroutines at once.
type Profile struct {
	p         profile.Profile
	first     time.Time
	last      time.Time
	functions map[string]*profile.Location
	samples   map[string]*profile.Sample
}

// Add counts a call that began at start and took d. stack says where it came
// from, the call itself first and the outermost caller last.
func (p *Profile) Add(stack []string, start time.Time, d time.Duration, failed bool) {
	if p.functions == nil {
		p.functions = make(map[string]*profile.Location)
		p.samples = make(map[string]*profile.Sample)
		p.first = start
	}
	if end := start.Add(d); end.After(p.last) {
		p.last = end
	}
	key := ""
	for _, frame := range stack {
		key += frame + "\x00"
	}
	s := p.samples[key]
	if s == nil {
		s = &profile.Sample{Value: make([]int64, 3)}
		for _, frame := range stack {
			s.Location = append(s.Location, p.location(frame))
		}
		p.samples[key] = s
		p.p.Sample = append(p.p.Sample, s)
	}
	s.Value[0]++
	s.Value[1] += int64(d)
	if failed {
		s.Value[2]++
	}
}

func (p *Profile) location(frame string) *profile.Location {
	l := p.functions[frame]
	if l == nil {
		id := uint64(len(p.functions) + 1)
		f := &profile.Function{ID: id, Name: frame, SystemName: frame}
		l = &profile.Location{ID: id, Line: []profile.Line{{Function: f}}}
		p.functions[frame] = l
		p.p.Function = append(p.p.Function, f)
		p.p.Location = append(p.p.Location, l)
	}
	return l
}

// Write writes the profile, compressed.
func (p *Profile) Write(w io.Writer) error {
	p.p.SampleType = []*profile.ValueType{
		{Type: "calls", Unit: "count"}, {Type: "time", Unit: "nanoseconds"}, {Type: "errors", Unit: "count"},
	}
	p.p.DefaultSampleType = "time"
	if !p.first.IsZero() {
		p.p.TimeNanos = p.first.UnixNano()
		p.p.DurationNanos = int64(p.last.Sub(p.first))
	}
	return p.p.Write(w)
}
