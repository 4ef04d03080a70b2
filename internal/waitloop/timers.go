package waitloop

import (
	"container/heap"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// timers runs functions at set times. They share one timerfd, which stands in the
// epoll set like any other descriptor, so that no way to sleep needs a time-out.
type timers struct {
	fd    int
	queue timerQueue
	start time.Time // the zero of Timer.due
}

// A Timer is a function that a Loop will call once.
type Timer struct {
	loop  *Loop
	f     func()
	due   time.Duration
	place int // in the queue, -1 when not there
}

func (t *timers) init(set *descriptors) (err error) {
	t.start = time.Now()
	if t.fd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		t.fd = -1
		return fmt.Errorf("timerfd_create: %w", err)
	}
	return set.add(t.fd, unix.EPOLLIN, t.expire, theTimers)
}

func (t *timers) now() time.Duration { return time.Since(t.start) }

// After has f called on the loop's thread, inside Wait, when d has passed. It is
// meant for limits and watch-dogs: f is late while the caller of Wait works on a
// status, and by up to 64 statuses when these come without a pause.
func (l *Loop) After(d time.Duration, f func()) (*Timer, error) {
	if err := l.mayChange(); err != nil {
		return nil, err
	}
	t := &Timer{loop: l, f: f, due: l.timers.now() + d}
	heap.Push(&l.timers.queue, t)
	if t.place == 0 {
		l.timers.arm()
	}
	return t, nil
}

// Stop keeps the timer from firing. It returns false if it has fired or was
// stopped already. Like After it is for the loop's thread only.
func (t *Timer) Stop() bool {
	if t.place < 0 {
		return false
	}
	// The descriptor stays armed for a time that may have nobody due: that
	// costs one needless return of Wait and saves a system call each time.
	heap.Remove(&t.loop.timers.queue, t.place)
	return true
}

// expire runs what is due. A timer that a function adds waits for the next time.
func (t *timers) expire(uint32) {
	var ticks uint64
	syscall.RawSyscall(unix.SYS_READ, uintptr(t.fd), uintptr(unsafe.Pointer(&ticks)), 8)
	now := t.now()
	for len(t.queue) > 0 && t.queue[0].due <= now {
		heap.Pop(&t.queue).(*Timer).f()
	}
	t.arm()
}

// arm sets the descriptor to the earliest timer.
func (t *timers) arm() {
	if len(t.queue) == 0 {
		return
	}
	// A zero value would disarm it (timerfd_settime(2)), so at least 1 ns.
	left := max(t.queue[0].due-t.now(), 1)
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(left))}
	if err := unix.TimerfdSettime(t.fd, 0, &spec, nil); err != nil {
		panic("waitloop: timerfd_settime: " + err.Error()) // our own descriptor, a valid time
	}
}

func (t *timers) close() {
	if t.fd >= 0 {
		unix.Close(t.fd)
	}
	for _, timer := range t.queue {
		timer.place = -1
	}
	t.queue = nil
}

// timerQueue implements heap.Interface, the earliest first.
type timerQueue []*Timer

func (q timerQueue) Len() int           { return len(q) }
func (q timerQueue) Less(i, j int) bool { return q[i].due < q[j].due }

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *timerQueue) Push(x any) {
	t := x.(*Timer)
	t.place = len(*q)
	*q = append(*q, t)
}

func (q *timerQueue) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	t.place = -1
	return t
}
