package utrace

// Journal is told of what this process keeps on behalf of traced programs and
// what would be lost or do harm if it died: signals that are held, and text
// that was changed. A successor can re-send the one and restore the other. Its
// methods are called on the loop and must be quick.
type Journal interface {
	// SignalHeld: the thread (and the time it started, see
	// tracehook.Subject.Start) is being held before this signal.
	SignalHeld(thread int, start uint64, info *Siginfo)
	// SignalReleased: the signal was delivered, dropped or died with the thread.
	SignalReleased(thread int, start uint64)
	// TextChanged: a trap covers these bytes at addr in a process.
	TextChanged(process int, addr uint64, original []byte)
	// TextRestored: no longer.
	TextRestored(process int, addr uint64)
	// WatchesSet: debug registers of the thread are going to be in use. If nobody
	// clears them, the program dies of them.
	WatchesSet(thread int, start uint64)
	// WatchesCleared: no longer.
	WatchesCleared(thread int, start uint64)
}

type noJournal struct{}

func (noJournal) SignalHeld(int, uint64, *Siginfo) {}
func (noJournal) SignalReleased(int, uint64)       {}
func (noJournal) TextChanged(int, uint64, []byte)  {}
func (noJournal) TextRestored(int, uint64)         {}
func (noJournal) WatchesSet(int, uint64)           {}
func (noJournal) WatchesCleared(int, uint64)       {}

// journalHold notes that the thread is held in a signal stop.
func (t *Thread) journalHold() {
	s := &t.signal
	if s.journalled || !s.active && s.deliver == 0 {
		return
	}
	if _, silent := t.core.options.Journal.(noJournal); silent {
		return
	}
	var info Siginfo
	if s.known {
		info = s.info
	} else if t.task.Siginfo(&info) != nil {
		return // killed: it is about to report that
	}
	s.journalled = true
	t.core.options.Journal.SignalHeld(t.ID(), t.task.Start(), &info)
}

// journalRelease notes that it is held no more.
func (t *Thread) journalRelease() {
	if t.signal.journalled {
		t.signal.journalled = false
		t.core.options.Journal.SignalReleased(t.ID(), t.task.Start())
	}
}
