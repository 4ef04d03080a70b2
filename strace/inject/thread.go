package inject

import (
	"context"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// A Thread counts the calls of one thread and carries the rules out. Its methods
// are for the callbacks of one engine: they run on the loop of the core, which
// owns it.
type Thread struct {
	plan     *Plan
	key      uint64
	children uint64
	counts   map[invocation]uint
	// rule is in force until the present call's exit; nil: none. shown is the same
	// until the next call that is looked at.
	rule, shown *Rule
	// result is what the call returns that was made instead of the present one.
	result *int64
	// poked: memory of the present call was changed; unpoked is what could not be,
	// at its entry or its exit.
	poked   bool
	unpoked []error
	// inside is the present call; nil if no table knows it.
	inside *syscalls.Call
	// waits: the thread is held until the rule's delay is over.
	waits bool
}

// invocation is what is counted: the calls of one kind that a rule may be
// about.
type invocation struct {
	rule int
	abi  *syscalls.ABI
	nr   uint64
}

// Child begins the account of a thread or process that this thread makes. To
// be called once for each, in order.
func (t *Thread) Child() *Thread {
	t.children++
	return &Thread{plan: t.plan, key: mix(t.key + t.children)}
}

// Enter is for the entry of a call. c describes it, with memory to be read; only
// files are looked for in it. The answer is Stop while a delay lasts: the core
// then reports the entry again (see utrace.Syscall.Resumed), which belongs here
// too.
func (t *Thread) Enter(r *utrace.Report, s *utrace.Syscall, c *decode.Call) utrace.SyscallAnswer {
	t.unpoked = nil
	if s.Resumed() {
		return utrace.SyscallAnswer{Action: t.held()}
	}
	n := t.choose(c)
	if t.rule == nil {
		return utrace.SyscallAnswer{}
	}
	t.poke(r, t.rule.PokeEnter, s.Args())
	if t.rule.Signal != 0 {
		// A thread that is gone needs no signal.
		_ = r.Inject(fromKernel(t.rule.Signal))
	}
	answer := utrace.SyscallAnswer{Call: t.fake(s, c, n)}
	t.delay(r, t.rule.DelayEnter)
	answer.Action = t.held()
	return answer
}

// Exit is for the exit of the call.
func (t *Thread) Exit(r *utrace.Report, s *utrace.Syscall) utrace.Action {
	rule := t.rule
	t.unpoked = nil
	if rule == nil {
		return utrace.Resume
	}
	t.rule = nil
	if t.result != nil {
		s.SetResult(*t.result)
	}
	t.poke(r, rule.PokeExit, s.Args())
	t.delay(r, rule.DelayExit)
	return t.held()
}

// Rule is what is done, or was done, to the call that Enter saw last; nil:
// nothing.
func (t *Thread) Rule() *Rule { return t.shown }

// choose finds the rule for a call, and counts it. It returns the call's number
// among those of the rule.
func (t *Thread) choose(c *decode.Call) (n uint) {
	t.rule, t.result, t.poked = nil, nil, false
	abi := c.ABI.ForNumber(c.Nr)
	t.inside, _ = abi.Lookup(c.Nr)
	for i := range t.plan.Rules {
		rule := &t.plan.Rules[i]
		if !rule.Calls.Contains(abi, c.Nr) || !rule.Files.Match(c) {
			continue
		}
		if t.counts == nil {
			t.counts = make(map[invocation]uint)
		}
		at := invocation{i, c.ABI, c.Nr}
		t.counts[at]++
		count := t.counts[at]
		if rule.When.Picks(count) && t.lot(at, count, rule.Chance) {
			t.rule, n = rule, count
		}
	}
	t.shown = t.rule
	return n
}

// lot decides by the seed whether something of a probability comes about.
func (t *Thread) lot(at invocation, count uint, chance float64) bool {
	if chance == 0 || chance == 1 {
		return true
	}
	return float64(t.draw(at, count)>>11)/(1<<53) < chance
}

func (t *Thread) draw(at invocation, count uint) uint64 {
	return mix(mix(mix(t.key+uint64(at.rule))+at.nr) + uint64(count))
}

// fake has the call not made if the rule wants that, or another one instead.
func (t *Thread) fake(s *utrace.Syscall, c *decode.Call, n uint) utrace.CallAction {
	if !t.rule.Fakes() {
		return utrace.KeepCall
	}
	result := t.lie(c, n)
	if other, ok := c.ABI.ByName(t.rule.Instead); ok {
		s.SetNumber(uint64(other.Number))
		t.result = &result
		return utrace.RunCall
	}
	s.SetResult(result)
	return utrace.AbortCall
}

// lie is what the program is told that the call returned.
func (t *Thread) lie(c *decode.Call, n uint) int64 {
	if t.rule.Result != nil {
		return int64(*t.rule.Result)
	}
	list := t.rule.Errors
	if len(list) == 1 {
		return -int64(list[0])
	}
	// Another lot than the one that decided whether.
	lot := mix(t.draw(invocation{nr: c.Nr}, n) + uint64(len(list)))
	return -int64(list[lot%uint64(len(list))])
}

// delay begins to hold the thread for some time.
func (t *Thread) delay(r *utrace.Report, d time.Duration) {
	if d == 0 {
		return
	}
	t.waits = true
	e := r.Engine()
	e.Thread().Core().Loop().After(d, func() {
		t.waits = false
		_ = e.Control(context.Background(), utrace.Resume) // ErrGone: nothing is held
	})
}

// held is the answer for the time being.
func (t *Thread) held() utrace.Action {
	if t.waits {
		return utrace.Stop
	}
	return utrace.Resume
}

// fromKernel describes a signal as the kernel does for those that a tracer has
// it send at an entry (send_sig in ptrace_report_syscall).
func fromKernel(signal int) (info utrace.Siginfo) {
	const siKernel = 0x80
	info.SetSigno(signal)
	info.SetCode(siKernel)
	return info
}
