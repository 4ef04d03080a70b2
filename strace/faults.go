package strace

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/strace/inject"
)

// fault adds a rule that was parsed.
func (p *parser) fault(r inject.Rule, err error) error {
	if err != nil {
		return plainError("%v", err)
	}
	if r.Result != nil {
		if e := -int64(*r.Result); e >= 1 && e <= 4095 {
			p.warn("Inadvertent injection of error %d is possible for retval=%d", e, *r.Result)
		}
	}
	p.Faults.Rules = append(p.Faults.Rules, r)
	return nil
}

// faultPlan adds the rules of a file (--fault-plan).
func (p *parser) faultPlan(name string) error {
	file, err := os.Open(name)
	if err != nil {
		var pathError *os.PathError
		errors.As(err, &pathError)
		return plainError("Can't fopen '%s': %s", name, reason(pathError.Err))
	}
	defer file.Close()
	before := p.Faults.Seed
	if err := p.Faults.Read(file); err != nil {
		return plainError("%s: %v", name, err)
	}
	p.seedGiven = p.seedGiven || p.Faults.Seed != before
	return nil
}

func seed(value string) (seed uint64, given, ok bool) {
	seed, err := strconv.ParseUint(value, 0, 64)
	return seed, true, err == nil
}

// finishFaults gives a run whose faults are drawn by lot a seed, and says which,
// so that it can be repeated.
func (p *parser) finishFaults() {
	if !p.seedGiven && p.Faults.Random() {
		p.Faults.Seed = rand.Uint64N(1e9)
		p.warn("--seed=%d has the same faults injected again", p.Faults.Seed)
	}
}

// fault is what was done to a call.
type fault struct{ arguments, result, delay bool }

// fault tells what was done to the call that the thread is in or was in last.
func (x *Tracee) fault() (f fault) {
	if x.Faults == nil || x.Faults.Rule() == nil {
		return f
	}
	rule := x.Faults.Rule()
	return fault{
		arguments: len(rule.PokeEnter)+len(rule.PokeExit) > 0,
		result:    rule.Fakes(),
		delay:     rule.DelayEnter+rule.DelayExit > 0,
	}
}

// String is what stands behind the result, in strace's words.
func (f fault) String() string {
	note := ""
	switch {
	case f.result && f.arguments:
		note = " (INJECTED: args, retval)"
	case f.arguments:
		note = " (INJECTED: args)"
	case f.result:
		note = " (INJECTED)"
	}
	if f.delay {
		note += " (DELAYED)"
	}
	return note
}

// appendFault appends it as a member of a JSON object.
func appendFault(buf []byte, f fault) []byte {
	if f == (fault{}) {
		return buf
	}
	buf = append(buf, `,"injected":[`...)
	for _, word := range []struct {
		on   bool
		text string
	}{{f.arguments, `"args",`}, {f.result, `"result",`}, {f.delay, `"delay",`}} {
		if word.on {
			buf = append(buf, word.text...)
		}
	}
	buf[len(buf)-1] = ']'
	return buf
}

// tamper has the rules of -e inject= applied to a call that is being entered.
func (x *tracee) tamper(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	return x.faults(r.Thread()).Enter(r, s, &x.t.Call)
}

// faults returns the account of the thread's calls.
func (x *tracee) faults(th *utrace.Thread) *inject.Thread {
	if x.t.Faults == nil {
		x.t.Faults = x.unborn[th]
		delete(x.unborn, th)
	}
	if x.t.Faults == nil {
		x.t.Faults = x.opts.Faults.Thread(x.roots)
		x.roots++
	}
	return x.t.Faults
}

// ReportClone implements utrace.CloneReporter. It is wanted with faults only:
// a new thread's lots depend on whose child it is, the how manieth.
func (x *tracee) ReportClone(r *utrace.Report, c *utrace.Clone) utrace.Action {
	child := x.faults(r.Thread()).Child()
	if c.Thread != nil && x.opts.Follow {
		x.unborn[c.Thread] = child
	}
	return utrace.Resume
}
