package stack

import (
	"fmt"
	"io"
	"time"

	"github.com/google/pprof/profile"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// Profile is a profile for pprof of the threads of any number of processes: each
// thread is a sample of one, with process and thread as labels. The zero value is
// empty.
type Profile struct{ parts []*profile.Profile }

// Add adds the threads of a process. It is not needed any more then.
func (x *Profile) Add(p *Printer) error {
	m := &profiler{printer: p, mappings: make(map[*symbol.Module]*profile.Mapping),
		functions: make(map[Frame]*profile.Function), locations: make(map[uint64]*profile.Location)}
	m.profile.SampleType = []*profile.ValueType{{Type: "threads", Unit: "count"}}
	m.profile.PeriodType, m.profile.Period = m.profile.SampleType[0], 1 // Merge compares it
	m.profile.TimeNanos = time.Now().UnixNano()
	name := ""
	if stat, err := procfs.ReadStat(p.Process.PID); err == nil {
		name = stat.Name
	}
	for i := range p.Process.Threads {
		t := &p.Process.Threads[i]
		sample := &profile.Sample{
			Value:    []int64{1},
			Label:    map[string][]string{"process": {name}, "thread": {t.Name}},
			NumLabel: map[string][]int64{"pid": {int64(p.Process.PID)}, "tid": {int64(t.ID)}},
		}
		for _, f := range p.Process.Frames(t, p.Frames) {
			sample.Location = append(sample.Location, m.location(&f))
		}
		if len(sample.Location) != 0 {
			m.profile.Sample = append(m.profile.Sample, sample)
		}
	}
	if err := m.profile.CheckValid(); err != nil {
		return fmt.Errorf("profile of process %d: %w", p.Process.PID, err)
	}
	x.parts = append(x.parts, &m.profile)
	return nil
}

// Empty reports whether no process was added.
func (x *Profile) Empty() bool { return len(x.parts) == 0 }

// Write writes the profile, compressed. One of no process is an error.
func (x *Profile) Write(w io.Writer) error {
	all, err := profile.Merge(x.parts)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return all.Write(w)
}

// profiler numbers what a profile has.
type profiler struct {
	printer   *Printer
	profile   profile.Profile
	mappings  map[*symbol.Module]*profile.Mapping
	functions map[Frame]*profile.Function
	locations map[uint64]*profile.Location
}

// location is that of a frame.
func (m *profiler) location(f *unwind.Frame) *profile.Location {
	if l := m.locations[f.Lookup()]; l != nil {
		return l
	}
	x := Describe(m.printer.Process.Space, f, m.printer.Source)
	if x.Signal {
		x.Function, x.File, x.Line = signalFrame, "", 0
	}
	l := &profile.Location{ID: uint64(len(m.profile.Location) + 1), Address: f.Lookup(),
		Mapping: m.mapping(m.printer.Process.Space.At(f.Lookup()))}
	if x.Function != "" {
		l.Line = []profile.Line{{Function: m.function(x), Line: int64(x.Line)}}
	}
	m.locations[f.Lookup()] = l
	m.profile.Location = append(m.profile.Location, l)
	return l
}

func (m *profiler) function(x Frame) *profile.Function {
	key := Frame{Function: x.Function, Module: x.Module, File: x.File}
	if f := m.functions[key]; f != nil {
		return f
	}
	f := &profile.Function{ID: uint64(len(m.profile.Function) + 1), Name: x.Function, SystemName: x.Function, Filename: x.File}
	m.functions[key] = f
	m.profile.Function = append(m.profile.Function, f)
	return f
}

// mapping is that of a module, nil without one.
func (m *profiler) mapping(x *symbol.Module) *profile.Mapping {
	if x == nil || m.mappings[x] != nil {
		return m.mappings[x]
	}
	y := &profile.Mapping{ID: uint64(len(m.profile.Mapping) + 1), Start: x.Start, Limit: x.End, Offset: x.Start - x.Bias,
		File: x.Path, BuildID: fmt.Sprintf("%x", x.File.BuildID()), HasFunctions: true, HasLineNumbers: m.printer.Source}
	m.mappings[x] = y
	m.profile.Mapping = append(m.profile.Mapping, y)
	return y
}
