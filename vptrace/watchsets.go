package vptrace

import (
	"maps"
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/regset"
)

// Where debug registers are register sets (NT_ARM_HW_BREAK, NT_ARM_HW_WATCH), each
// tracer has sets of its own, as it has words of struct user elsewhere: see debug.go.

// watchSetHeader is what such a set begins with: how many slots there are.
const watchSetHeader = 8

// watchSet tells of such a set.
func watchSet(r *utrace.Report, note regset.Note) (m regset.WatchReader, ok bool) {
	if m, ok = r.ABI().(regset.WatchReader); ok {
		ok = m.HoldsWatchesIn(note)
	}
	return m, ok
}

// showWatches puts this tracer's own in the place of everybody's.
func (l *link) showWatches(note regset.Note, content []byte) {
	if len(content) > watchSetHeader {
		clear(content[watchSetHeader:])
		copy(content[watchSetHeader:], l.debug.sets[note])
	}
}

// writeWatches takes what a tracer writes, from the beginning of the set on.
func (l *link) writeWatches(r *utrace.Report, m regset.WatchReader, note regset.Note, p []byte) error {
	if len(p) <= watchSetHeader {
		return nil
	}
	var room [maxBlock]byte
	n, err := r.ReadRegset(note, room[:])
	if err != nil {
		return err
	}
	l.showWatches(note, room[:n])
	copy(room[watchSetHeader:n], p[watchSetHeader:])

	next := l.debug
	if next.sets = maps.Clone(l.debug.sets); next.sets == nil {
		next.sets = map[regset.Note][]byte{}
	}
	next.sets[note], next.asked = slices.Clone(room[watchSetHeader:n]), nil
	for note, content := range next.sets {
		list, err := m.WatchesIn(note, content)
		if err != nil {
			return syscall.EINVAL
		}
		for _, w := range list {
			if !slices.Contains(next.asked, w) {
				next.asked = append(next.asked, w)
			}
		}
	}
	return l.setDebug(&next)
}
