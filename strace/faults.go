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

// Fault is what fault injection did to a call.
type Fault uint8

// What can be done to a call.
const (
	FaultArguments Fault = 1 << iota // what its arguments point to was changed
	FaultResult                      // it was not made, and returned what it was told
	FaultDelay                       // the thread was held before or after it
)

var faultWords = []word[Fault]{{"args", FaultArguments}, {"result", FaultResult}, {"delay", FaultDelay}}

// String is what stands behind the result, in strace's words.
func (f Fault) String() string {
	note := ""
	switch f & (FaultArguments | FaultResult) {
	case FaultArguments | FaultResult:
		note = " (INJECTED: args, retval)"
	case FaultArguments:
		note = " (INJECTED: args)"
	case FaultResult:
		note = " (INJECTED)"
	}
	if f&FaultDelay != 0 {
		note += " (DELAYED)"
	}
	return note
}

// appendFault appends it as a member of a JSON object.
func appendFault(buf []byte, f Fault) []byte {
	if f == 0 {
		return buf
	}
	buf = append(buf, `,"injected":[`...)
	for _, w := range faultWords {
		if f&w.bits != 0 {
			buf = append(append(append(buf, '"'), w.name...), `",`...)
		}
	}
	buf[len(buf)-1] = ']'
	return buf
}

// tamper has the rules of -e inject= applied to a call that is being entered.
func (x *tracee) tamper(r *utrace.Report, s *utrace.Syscall) utrace.SyscallAnswer {
	account := x.faults(r.Thread())
	answer := account.Enter(r, s, &x.t.Call)
	x.t.Fault = done(account.Rule())
	x.poked(account)
	return answer
}

// poked notes if memory was changed, and says where it could not be.
func (x *tracee) poked(account *inject.Thread) {
	changed, failed := account.Poked()
	if changed {
		x.t.Fault |= FaultArguments
	}
	for _, err := range failed {
		x.log.Notice("poke_tcb: Failed to tamper with process %d: %v", x.t.TID, err)
	}
}

// done tells what a rule does, as far as that does not depend on the memory; nil
// does nothing.
func done(rule *inject.Rule) (f Fault) {
	switch {
	case rule == nil:
		return 0
	case rule.Fakes():
		f |= FaultResult
	}
	if rule.DelayEnter+rule.DelayExit > 0 {
		f |= FaultDelay
	}
	return f
}

// toldResult reports whether the call returns what a rule says: a number, even if the
// program takes it for an error.
func (x *tracee) toldResult() bool {
	if x.account == nil {
		return false
	}
	rule := x.account.Rule()
	return rule != nil && rule.Result != nil
}

// faults returns the account of the thread's calls.
func (x *tracee) faults(th *utrace.Thread) *inject.Thread {
	if x.account == nil {
		x.account = x.unborn[th]
		delete(x.unborn, th)
	}
	if x.account == nil {
		x.account = x.opts.Faults.Thread(x.roots)
		x.roots++
	}
	return x.account
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
