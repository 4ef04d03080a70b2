package waitloop

import (
	"time"

	"golang.org/x/sys/unix"
)

// A spinner decides whether polling before a sleep is worth the processor time.
// A sleep that ends at once costs two context switches, and on a machine with an
// idle processor the time to wake it; polling costs the whole of its time when
// nothing comes, and is harmful when the tracee needs our processor to get on.
type spinner struct {
	limit   time.Duration
	misses  uint // failures in a row, up to maxMisses
	skip    uint // sleeps still to go without polling
	checkIn uint // polls until the affinity is read again
	alone   bool // this thread may use one processor only
}

const (
	// After n failures in a row the next 2^n-1 sleeps go without polling.
	maxMisses = 7
	// The affinity mask can be changed from outside at any time, but rarely is.
	affinityInterval = 1024
)

func (s *spinner) init(limit time.Duration) {
	s.limit = limit
	if limit == 0 {
		s.limit = DefaultSpin
	}
}

// worthwhile says whether to poll before the sleep that is due now.
func (s *spinner) worthwhile() bool {
	if s.limit < 0 {
		return false
	}
	if s.checkIn == 0 {
		s.checkIn = affinityInterval
		var set unix.CPUSet
		s.alone = unix.SchedGetaffinity(0, &set) == nil && set.Count() == 1
	}
	s.checkIn--
	if s.alone {
		return false
	}
	if s.skip > 0 {
		s.skip--
		return false
	}
	return true
}

func (s *spinner) hit() { s.misses = 0 }

func (s *spinner) miss() {
	if s.misses < maxMisses {
		s.misses++
	}
	s.skip = 1<<s.misses - 1
}

// spinForNext polls for a short time. It returns a thread whose status was
// fetched, or attention when something else was done, or neither.
func (l *Loop) spinForNext() (tid int, attention bool, err error) {
	// Whoever the favourite tells of sleeps until he is answered, and is woken on
	// our processor (seccomp listeners, SleepsAfterAnswers in internal/notify).
	if l.set.favourite.fd >= 0 || !l.spin.worthwhile() {
		return 0, false, nil
	}
	for start := time.Now(); ; {
		if tid, err = l.poll(); tid != 0 || err != nil {
			l.spin.hit()
			return tid, false, err
		}
		if l.state.Load() == rung {
			l.spin.hit()
			l.answer()
			return 0, true, nil
		}
		if l.set.watched > 0 {
			if n, err := l.set.dispatch(); n > 0 || err != nil {
				l.spin.hit()
				return 0, true, err
			}
		}
		if time.Since(start) > l.spin.limit {
			l.spin.miss()
			return 0, false, nil
		}
	}
}
