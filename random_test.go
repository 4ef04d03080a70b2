package utrace_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// schedule is one random world with random engines, disturbed at random. All
// of it comes from a seed.
type schedule struct {
	model
	seed    uint64
	rng     *rand.Rand
	world   *sim.World
	core    *utrace.Core
	ctx     context.Context
	groups  []*utrace.Group
	errs    []string
	trace   func(format string, args ...any) // nil: nobody listens
	calm    bool                             // handlers only watch from now on
	scripts []string
	depth   int  // of callbacks
	traps   bool // a program has breakpoints of its own, or a vfork
	// child that shares its text and that we did not see being made
}

// Scripts with what the generator of package sim does not make.
var stages = []string{
	`thread { await pause }; thread { spin 20; exec { getppid; print "x" } }; join`,
	`vfork { getpid; exec { getppid; exit 3 } }; wait; getppid`,
	`handle USR1 restart; kill USR1; fork { spin 30; exit 2 }; wait; sleep 1; handled USR1`,
	`thread { repeat 5 { getppid; spin 3 } }; thread { repeat 5 { getpid; spin 3 } }; repeat 5 { spin 5 }; join`,
	`fork { stop; exit 1 }; wait untraced; getpid`,
	`thread { exitthread 1 }; thread { spin 40 }; exitthread 4`,
	`await pause; exit 2`, `barrier a; getppid; barrier b`, `handle SEGV; segv; getppid; int3`,
}

func newSchedule(seed uint64) *schedule {
	s := &schedule{seed: seed, rng: rand.New(rand.NewPCG(seed, 7)), world: sim.New(seed), ctx: context.Background()}
	s.model = model{fail: s.failf, note: s.notef, subjects: map[*utrace.Thread]*subject{}}
	scripts := sim.Random(seed).Scripts()
	if s.rng.IntN(3) == 0 {
		scripts = []string{stages[s.rng.IntN(len(stages))]}
	}
	core, err := utrace.New(newSpy(s.world, s), utrace.Options{
		OnFault: func(id int, err error) { s.failf("fault on thread %d: %v", id, err) },
	})
	if err != nil {
		panic(err)
	}
	s.core = core
	for _, script := range scripts {
		if _, err := s.world.Spawn(script); err != nil {
			panic(err)
		}
		s.scripts = append(s.scripts, script)
		s.traps = s.traps || strings.Contains(script, "int3") || strings.Contains(script, "vfork")
	}
	return s
}

func (s *schedule) failf(format string, args ...any) {
	s.notef("FAIL "+format, args...)
	s.errs = append(s.errs, fmt.Sprintf(format, args...))
}

func (s *schedule) notef(format string, args ...any) {
	if s.trace != nil {
		s.trace(format, args...)
	}
}

// run plays the schedule to its end, and returns what was wrong.
func (s *schedule) run() []string {
	defer s.core.Close()
	s.notef("scripts %q", s.scripts)
	for range 1 + s.rng.IntN(5) {
		s.join()
	}
	idle := 0
	for step := 0; step < 30000 && len(s.errs) == 0; step++ {
		if step < 3000 && s.rng.IntN(12) == 0 {
			s.move()
		}
		if step%8 == 0 {
			s.check(false)
		}
		if s.world.Step() {
			continue
		}
		s.check(true)
		ids := s.world.All()
		if len(ids) == 0 {
			break
		}
		if idle++; idle > 8 {
			break
		}
		s.pushOn(ids)
	}
	if len(s.errs) == 0 {
		s.finish()
	}
	return s.errs
}

// check compares the core, the model and the kernel.
func (s *schedule) check(idle bool) {
	if err := s.core.Check(idle); err != nil {
		s.failf("%v", err)
	}
	for t, sub := range s.subjects {
		if sub.final && sub.stopped && s.core.Stopped(t.ID()) {
			s.failf("thread %d exits by SIGKILL and is held", t.ID())
		}
	}
	if !idle {
		return
	}
	for _, id := range s.world.All() {
		if letter := s.world.State(id); (letter == 't') != s.core.Stopped(id) || letter == 'R' {
			s.failf("idle: thread %d is in state %c, known to be stopped: %v", id, letter, s.core.Stopped(id))
		}
	}
}

// pushOn gets an idle world going again.
func (s *schedule) pushOn(ids []int) {
	s.notef("idle")
	id := ids[s.rng.IntN(len(ids))]
	switch s.rng.IntN(6) {
	case 0:
		s.world.Tkill(id, 9)
	case 1:
		s.world.Kill(id, 18)
	default:
		for _, p := range s.parties {
			if p.held && !p.detached {
				s.control(p, utrace.Resume)
			}
		}
	}
}

// finish lets everything go or kills it while engines still hold it. Neither
// leaves anything behind.
func (s *schedule) finish() {
	s.calm = s.rng.IntN(2) == 0
	if s.rng.IntN(2) == 0 {
		s.notef("kill all")
		s.killAll()
		s.audit()
	} else {
		s.notef("drain")
		for _, p := range s.parties {
			p.detached = true
		}
		done := s.core.Drain()
		s.world.RunUntil(30000, func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
		select {
		case <-done:
		default: // only a parent that waits for its vfork child cannot come by
			left, _ := s.core.Threads(s.ctx)
			for _, t := range left {
				if s.world.State(t.ID()) != 'D' {
					s.failf("the core did not let go of everything: %v", s.world.CheckReleased())
				}
			}
		}
		s.core.Close() // of the dead, too, whose parents take their time
		if err := s.world.CheckReleased(); err != nil {
			s.failf("let go: %v", err)
		}
		s.killAll()
	}
	if len(s.errs) > 0 {
		return
	}
	if left, err := s.core.Threads(s.ctx); err == nil && len(left) != 0 {
		s.failf("the core keeps %d threads", len(left))
	}
	for pid, status := range s.world.Ledger().Exits {
		if status&0x7f == 5 && !s.traps {
			s.failf("process %d died of a trap that is not its own", pid)
		}
	}
	for _, g := range s.groups {
		select {
		case <-g.Done():
		default:
			for _, e := range g.Engines() {
				s.failf("a group never ended: thread %d, events %v", e.Thread().ID(), e.Events())
			}
			s.failf("a group never ended: %d", g.Len())
		}
	}
}

// killAll: SIGKILL wins, whoever holds what.
func (s *schedule) killAll() {
	for range 20 {
		for _, id := range s.world.All() {
			s.world.Tkill(id, 9)
		}
		for n := 0; n < 20000 && s.world.Step(); n++ {
		}
		if len(s.world.All()) == 0 {
			return
		}
	}
	s.failf("SIGKILL did not win: %v are left; %v", s.world.All(), s.world.CheckReleased())
}

// audit: every engine's account is in order.
func (s *schedule) audit() {
	for _, p := range s.parties {
		if err := s.ended(p); err != nil {
			s.failf("%v", err)
		}
		if p.engine != nil && !p.detached && !errors.Is(p.engine.Detach(), utrace.ErrGone) {
			s.failf("engine %d is still attached to thread %d", p.name, p.thread.ID())
		}
	}
	for t, sub := range s.subjects {
		if sub.at != tracehook.Reap && !t.Core().Stopped(t.ID()) && sub.dead {
			s.failf("thread %d was never reaped", t.ID())
		}
	}
}

// TestRandom plays thousands of schedules.
func TestRandom(t *testing.T) {
	if *oneSeed >= 0 {
		s := newSchedule(uint64(*oneSeed))
		s.trace = t.Logf
		for _, err := range s.run() {
			t.Error(err)
		}
		return
	}
	n := scale.Rounds(10000)
	var next atomic.Int64
	var failed atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for failed.Load() < 3 {
				seed := next.Add(1) - 1
				if seed >= int64(n) {
					return
				}
				if errs := newSchedule(uint64(seed)).run(); len(errs) > 0 {
					failed.Add(1)
					t.Errorf("seed %d: %s\nreproduce it with: go test -run TestRandom -v -seed=%d", seed, errs[0], seed)
				}
			}
		})
	}
	wait.Wait()
}
