package utrace

import "time"

// Slow describes a callback that is taking too long.
type Slow struct {
	// Engine is the engine whose callback does not return.
	Engine *Engine
	// For is how long it has been running, at least.
	For time.Duration
}

// watchdog looks now and then whether the same callback is still running. That
// costs the loop nothing but the two words that it writes anyway.
func (c *Core) watchdog(stop <-chan struct{}) {
	limit := c.options.SlowCallback
	tick := time.NewTicker(limit / 4)
	defer tick.Stop()
	var call, told uint64
	var since time.Time
	for {
		select {
		case <-stop:
			return
		case now := <-tick.C:
			e, n := c.current.Load(), c.calls.Load()
			switch {
			case e == nil || n != call:
				call, since = n, now
			case now.Sub(since) >= limit && n != told:
				told = n
				c.options.OnSlow(Slow{e, now.Sub(since)})
			}
		}
	}
}
