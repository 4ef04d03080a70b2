package sim

import (
	"github.com/utrace/utrace/tracehook"
)

// Signals that the kernel itself knows (signal(7), x86).
const (
	sigILL  = 4
	sigTRAP = 5
	sigFPE  = 8
	sigKILL = 9
	sigSEGV = 11
	sigCHLD = 17
	sigCONT = 18
	sigSTOP = 19
	sigTSTP = 20
	sigTTIN = 21
	sigTTOU = 22
	sigURG  = 23
	sigWNCH = 28
	rtmin   = 32
)

// Handlers that are none, and the flag of sigaction(2) that matters.
const (
	sigDfl    = 0
	sigIgn    = 1
	saRestart = 0x10000000
)

const (
	unblockable  = uint64(1<<(sigKILL-1) | 1<<(sigSTOP-1))
	stopSignals  = uint64(1<<(sigSTOP-1) | 1<<(sigTSTP-1) | 1<<(sigTTIN-1) | 1<<(sigTTOU-1))
	defaultIgnrd = uint64(1<<(sigCHLD-1) | 1<<(sigCONT-1) | 1<<(sigURG-1) | 1<<(sigWNCH-1))
	synchronous  = uint64(1<<(sigILL-1) | 1<<(sigTRAP-1) | 1<<(7-1) | 1<<(sigFPE-1) | 1<<(sigSEGV-1) | 1<<(31-1))
)

// queue holds the pending signals of a thread or a process, in order.
type queue struct {
	set  uint64
	list []tracehook.Siginfo
}

// add queues a signal. One below SIGRTMIN is queued once (signal(7)).
func (q *queue) add(info *tracehook.Siginfo) {
	n := info.Signo()
	if n < rtmin && q.set&mask(n) != 0 {
		return
	}
	q.set |= mask(n)
	q.list = append(q.list, *info)
}

// take removes the next signal in set: synchronous ones first, then the lowest
// number (next_signal()).
func (q *queue) take(set uint64, info *tracehook.Siginfo) bool {
	set &= q.set
	if set == 0 {
		return false
	}
	if set&synchronous != 0 {
		set &= synchronous
	}
	lowest, at := 65, -1
	for i := range q.list {
		if n := q.list[i].Signo(); n < lowest && set&mask(n) != 0 {
			lowest, at = n, i
		}
	}
	*info = q.list[at]
	q.removeAt(at)
	return true
}

func (q *queue) removeAt(at int) {
	n := q.list[at].Signo()
	q.list = append(q.list[:at], q.list[at+1:]...)
	for i := range q.list {
		if q.list[i].Signo() == n {
			return
		}
	}
	q.set &^= mask(n)
}

// flush removes all signals in set.
func (q *queue) flush(set uint64) {
	for i := len(q.list) - 1; i >= 0 && q.set&set != 0; i-- {
		if set&mask(q.list[i].Signo()) != 0 {
			q.removeAt(i)
		}
	}
}

func mask(signal int) uint64 { return uint64(1) << (signal - 1) }

// send sends a signal to the process.
func (p *process) send(info *tracehook.Siginfo) {
	if p.prepare(info.Signo(), p.leader) {
		p.pending.add(info)
		for _, t := range p.threads {
			if t.mask&mask(info.Signo()) == 0 {
				t.wake()
			}
		}
	}
}

// send sends a signal to one thread.
func (t *thread) send(info *tracehook.Siginfo) {
	if t.proc.prepare(info.Signo(), t) {
		t.pending.add(info)
		t.wake()
	}
}

// prepare does what a signal does when it is sent, whatever it will do when it
// is delivered, and reports whether it is to be queued (prepare_signal()).
func (p *process) prepare(n int, t *thread) bool {
	if p.zombie || t == nil || p.live == 0 {
		return false
	}
	switch {
	case n == sigKILL:
		p.killAll()
		return false
	case stopSignals&mask(n) != 0:
		p.flush(mask(sigCONT))
	case n == sigCONT:
		p.flush(stopSignals)
		p.cont()
	}
	if t.mask&mask(n) != 0 || t.task != nil {
		return true // it may be handled by the time it is looked at
	}
	return !p.ignores(n)
}

func (p *process) flush(set uint64) {
	p.pending.flush(set)
	for _, t := range p.threads {
		t.pending.flush(set)
	}
}

// ignores reports whether nothing happens when the signal is delivered.
func (p *process) ignores(n int) bool {
	a := p.actions[n]
	return a.handler == sigIgn || a.handler == sigDfl && defaultIgnrd&mask(n) != 0
}

// killAll is SIGKILL.
func (p *process) killAll() {
	p.groupExit(sigKILL, nil)
}

// groupExit makes all threads but one die, and settles the status of the
// process unless that is settled already.
func (p *process) groupExit(status int, except *thread) {
	if p.exiting {
		return
	}
	p.status = status
	for _, t := range p.threads {
		if t != except {
			t.kill()
		}
	}
	p.exiting = true
}

// forceSignal is a fault of the thread itself. It cannot be blocked or ignored
// (force_sig_info()).
func (t *thread) forceSignal(n, code int, addr uint64) {
	var info tracehook.Siginfo
	info.SetSigno(n)
	info.SetCode(code)
	info.SetAddr(addr)
	a := &t.proc.actions[n]
	if t.mask&mask(n) != 0 || a.handler == sigIgn {
		t.mask &^= mask(n)
		a.handler = sigDfl
	}
	t.pending.add(&info)
}

// Kill sends a signal to a process from outside, as kill(1) does. It reports
// whether there was one.
func (w *World) Kill(pid, signal int) bool {
	defer w.enter()()
	t := w.threads[pid]
	if t == nil || t.proc.id != pid || signal < 1 || signal > 64 {
		return false
	}
	t.proc.send(outside(signal, tracehook.SiUser))
	return true
}

// Tkill sends a signal to one thread from outside. It reports whether there
// was one.
func (w *World) Tkill(tid, signal int) bool {
	defer w.enter()()
	t := w.threads[tid]
	if t == nil || signal < 1 || signal > 64 {
		return false
	}
	t.send(outside(signal, tracehook.SiTkill))
	return true
}

func outside(signal, code int) *tracehook.Siginfo {
	info := new(tracehook.Siginfo)
	info.SetSigno(signal)
	info.SetCode(code)
	info.SetPID(1)
	return info
}
