package sim

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// World is a simulated machine. It is a tracehook.Kernel and a
// tracehook.Monitor.
//
// Its methods may be called from any goroutine, handlers included.
type World struct {
	mu     sync.Mutex   // held while anything of the world moves
	holder atomic.Int64 // the OS thread that holds mu while it steps, or 0

	rng     *rand.Rand
	live    bool      // a Loop.Run drives, and time is real
	began   time.Time // of a live world
	clock   int64     // nanoseconds since the world began
	timers  timers
	nextID  int
	threads map[int]*thread
	runq    []*thread // the threads that can make a step, in no order
	init    *process  // the parent of what Spawn makes and of orphans
	loops   []*Loop
	eyes    []*Observer
	chaos   *chaos // disturbances of a random world
	ledger  Ledger
	images  map[string]*image
	outputs map[int]*output
	scripts []string
	steps   uint64
}

// tick is how long a step takes in virtual time.
const tick = int64(time.Microsecond)

// New makes an empty world whose order of events is drawn from seed.
func New(seed uint64) *World {
	w := &World{
		rng:     rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)),
		threads: make(map[int]*thread),
		images:  make(map[string]*image),
		outputs: make(map[int]*output),
		nextID:  99,
	}
	w.init = &process{w: w, id: 1, output: new(output)}
	w.ledger.Exits = make(map[int]int)
	w.ledger.Calls = make(map[int]uint64)
	return w
}

// Name is "sim".
func (w *World) Name() string { return "sim" }

// enter takes the world's lock unless the caller runs inside a step, that is
// in a handler, and returns what gives it back.
func (w *World) enter() func() {
	if w.holder.Load() == int64(syscall.Gettid()) {
		return func() {}
	}
	w.mu.Lock()
	return w.leave
}

func (w *World) leave() {
	loops := w.loops
	w.mu.Unlock()
	for _, l := range loops {
		l.wakeUp()
	}
}

// Spawn starts a process that runs a script. Its parent is the world, which
// reaps it as soon as it can. It has run nothing when Spawn returns, unless a
// live loop runs.
func (w *World) Spawn(script string) (pid int, err error) {
	return w.SpawnFiltered(script)
}

// SpawnFiltered is Spawn for a program that was launched with a filter which
// picks the calls of the given numbers (see tracehook.WantFiltered).
func (w *World) SpawnFiltered(script string, picked ...uint64) (pid int, err error) {
	defer w.enter()()
	img, ok := w.images[script]
	if !ok {
		program, err := actor.Parse(script)
		if err != nil {
			return 0, err
		}
		img = newImage(program.Instrs)
		w.images[script] = img
	}
	p := &process{w: w, parent: w.init, output: new(output), picked: picked}
	w.init.children = append(w.init.children, p)
	t := w.newThread(p)
	p.id, p.leader = t.id, t
	w.outputs[p.id] = p.output
	p.mm = newMemory(img)
	t.begin()
	w.makeRunnable(t)
	return p.id, nil
}

// Threads lists the threads of a thread's process, the leader first.
func (w *World) Threads(pid int) ([]int, error) {
	defer w.enter()()
	t := w.threads[pid]
	if t == nil || w.threads[t.proc.id] == nil {
		return nil, fmt.Errorf("process %d: %w", pid, tracehook.ErrGone)
	}
	t = w.threads[t.proc.id]
	ids := []int{t.id}
	for _, other := range t.proc.threads {
		// A thread that clone(2) has yet to report is not there for others.
		if other != t && other.state != gone && other.state != born {
			ids = append(ids, other.id)
		}
	}
	return ids, nil
}

// NewLoop makes a loop and the calling goroutine the one that drives it,
// until its Run is called elsewhere.
func (w *World) NewLoop(h tracehook.Handler) (tracehook.Loop, error) {
	if h == nil {
		return nil, fmt.Errorf("sim: a loop needs a handler: %w", tracehook.ErrInvalid)
	}
	defer w.enter()()
	l := &Loop{w: w, handler: h, wake: make(chan struct{}, 1)}
	l.adopt()
	w.loops = append(w.loops, l)
	return l, nil
}

// Step makes one step and reports whether there was one to make.
func (w *World) Step() bool {
	if w.holder.Load() == int64(syscall.Gettid()) {
		panic("sim: Step called from inside a step")
	}
	w.mu.Lock()
	w.holder.Store(int64(syscall.Gettid()))
	defer w.mu.Unlock()
	defer w.holder.Store(0)
	for _, l := range w.loops {
		l.adopt()
	}
	return w.step(nil)
}

// RunUntilIdle steps until nothing is left to do: no thread can run, no report
// is under way and no timer is set. A program that spins never lets it return.
func (w *World) RunUntilIdle() {
	for w.Step() {
	}
}

// RunUntil steps until cond holds, and reports whether it does: false says
// that the world became idle, or made limit steps, before.
func (w *World) RunUntil(limit int, cond func() bool) bool {
	for i := 0; !cond(); i++ {
		if i == limit || !w.Step() {
			return cond()
		}
	}
	return true
}

// step makes one step for loop l, or for all loops if that is nil. The caller
// holds the lock.
func (w *World) step(only *Loop) bool {
	w.steps++
	w.advance()
	if w.chaos != nil && w.chaos.disturb(w) {
		return true
	}
	for {
		n := len(w.runq)
		for _, l := range w.loops {
			if only == nil || l == only {
				n += l.choices()
			}
		}
		for _, o := range w.eyes {
			n += o.choices()
		}
		if n == 0 {
			if !w.live && w.sleep() {
				continue
			}
			return false
		}
		i := 0
		if n > 1 {
			i = int(w.rng.Uint64N(uint64(n)))
		}
		if i < len(w.runq) {
			w.runq[i].run()
			return true
		}
		i -= len(w.runq)
		for _, l := range w.loops {
			if only != nil && l != only {
				continue
			}
			if c := l.choices(); i < c {
				l.act(i)
				return true
			} else {
				i -= c
			}
		}
		for _, o := range w.eyes {
			if c := o.choices(); i < c {
				o.act()
				return true
			} else {
				i -= c
			}
		}
	}
}

func (w *World) makeRunnable(t *thread) {
	if t.state == runnable {
		return
	}
	t.state = runnable
	t.runIndex = len(w.runq)
	w.runq = append(w.runq, t)
}

// park takes a thread off the processor, into another state than runnable.
func (w *World) park(t *thread, s state) {
	if t.state == runnable {
		last := len(w.runq) - 1
		moved := w.runq[last]
		w.runq[t.runIndex] = moved
		moved.runIndex = t.runIndex
		w.runq[last] = nil
		w.runq = w.runq[:last]
	}
	t.state = s
}
