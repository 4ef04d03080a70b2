package utrace

import "time"

// Summoner stops threads by itself: an observer, which has no other way to do so
// than to send the thread a signal. The program must not get that.
type Summoner interface {
	// Claim is called on the loop with a signal that a thread is about to take,
	// and reports whether that is how it was stopped; delay is how long ago the
	// event happened for which it was. It must not block.
	Claim(thread int, info *Siginfo) (delay time.Duration, ok bool)
}

// WithSummoner has the engine hold its thread whenever the summoner stops it, as
// if it had asked for Stop at that moment: ReportQuiesce is called, with
// Report.Summoned set, if the engine wants that event, and the thread waits for
// the engine's Control.
func WithSummoner(s Summoner) AttachOption { return func(a *attachment) { a.summoner = s } }

// summons is how a thread has come to be stopped by a Summoner.
type summons struct {
	by         *Engine
	delay      time.Duration
	generation uint64 // of the thread: it is stopped still
}

// Summoned reports whether the Summoner of this engine has stopped the thread, and
// how long after the event for which it did so the thread had stopped.
func (r *Report) Summoned() (delay time.Duration, ok bool) {
	s := &r.thread.summons
	if s.by == nil || s.by != r.engine || s.generation != r.thread.generation {
		return 0, false
	}
	return s.delay, true
}

// claimed reports whether the signal that the thread has stopped with is a
// summons. Then the engine whose Summoner it was has asked for the stop, which
// answerAsked reports.
func (t *Thread) claimed() (yes bool) {
	t.everyone(func(e *Engine) {
		if yes || e.summoner == nil {
			return
		}
		info, err := t.signal.Info()
		if err != nil {
			return
		}
		if delay, ok := e.summoner.Claim(t.ID(), &info); ok {
			yes = true
			t.summons = summons{e, delay, t.generation}
			e.asked = Stop
		}
	})
	return yes
}
