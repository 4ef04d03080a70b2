package client

import (
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/tracehook"
)

// loop is a tracehook.Loop over a connection to the owner.
type loop struct {
	client  *Client
	core    int // its number, at the owner's
	handler tracehook.Handler
	// withdraw detaches everybody from a thread; nil: nobody does.
	withdraw func(thread int)
	thread   atomic.Int64 // the loop's, while it runs

	// mu guards what is posted. closing: no more of it.
	mu      sync.Mutex
	posted  []func()
	closing bool
	wake    chan struct{}

	// Owned by the loop:
	tasks   map[int]*task // by number
	threads map[int]*task // by id
	// traps are the breakpoints that are planted, by process.
	traps map[int]traps
	event tracehook.Event
	files *files // what is watched; nil: nothing has been
	lost  bool   // the connection has ended
}

func newLoop(c *Client, h tracehook.Handler) *loop {
	l := &loop{
		client: c, handler: h, wake: make(chan struct{}, 1),
		tasks: map[int]*task{}, threads: map[int]*task{}, traps: map[int]traps{},
	}
	c.Subscribe(api.NotifyTask, func(params json.RawMessage, fds []int) {
		closeAll(fds) // none belong here
		ev := new(api.Event)
		if json.Unmarshal(params, ev) == nil {
			l.Post(func() { l.take(ev) })
		}
	})
	return l
}

// Name implements tracehook.Observer.
func (l *loop) Name() string { return "owner" }

// Remote implements tracehook.Remote: what this process starts is its child, and
// somebody else's tracee.
func (l *loop) Remote() {}

// Run implements tracehook.Loop.
func (l *loop) Run() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.thread.Store(int64(syscall.Gettid()))
	defer l.thread.Store(0)
	for {
		l.mu.Lock()
		work, closing := l.posted, l.closing
		l.posted = nil
		l.mu.Unlock()
		for _, f := range work {
			f()
		}
		switch {
		case len(work) != 0:
		case closing:
			l.files.close()
			_ = l.client.Close() // the connection may have ended before
			return nil
		default:
			<-l.wake
		}
	}
}

// Post implements tracehook.Loop.
func (l *loop) Post(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return false
	}
	l.posted = append(l.posted, f)
	l.rouse()
	return true
}

// rouse has the loop look. mu is held.
func (l *loop) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// OnLoop implements tracehook.Loop.
func (l *loop) OnLoop() bool { return l.thread.Load() == int64(syscall.Gettid()) }

// Close implements tracehook.Loop. The owner lets go of everything when the
// connection ends.
func (l *loop) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing && l.thread.Load() == 0 && len(l.posted) == 0 {
		defer l.client.Close() // it never ran
	}
	l.closing = true
	l.rouse()
	return nil
}

// After implements tracehook.Loop.
func (l *loop) After(d time.Duration, f func()) tracehook.Timer {
	t := new(timer)
	t.clock = time.AfterFunc(d, func() {
		l.Post(func() {
			if !t.over {
				t.over = true
				f()
			}
		})
	})
	return t
}

// timer is owned by the loop.
type timer struct {
	clock *time.Timer
	over  bool
}

// Stop implements tracehook.Timer.
func (t *timer) Stop() bool {
	t.clock.Stop()
	inTime := !t.over
	t.over = true
	return inTime
}

// Watch implements tracehook.Loop.
func (l *loop) Watch(fd int, f func()) error {
	if l.files == nil {
		files, err := newFiles(l.Post)
		if err != nil {
			return err
		}
		l.files = files
	}
	return l.files.watch(fd, f)
}

// Unwatch implements tracehook.Loop.
func (l *loop) Unwatch(fd int) error { return l.files.unwatch(fd) }

// Observe implements tracehook.Observer.
func (l *loop) Observe(id int, interest tracehook.Interest) (tracehook.Subject, error) {
	return l.Attach(id, interest)
}

// lose notes that the connection has ended: the threads run, and nobody here has
// them any more.
func (l *loop) lose() {
	l.lost = true
	for _, t := range l.tasks {
		t.state = lost
	}
}
