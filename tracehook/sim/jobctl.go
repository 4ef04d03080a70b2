package sim

import "github.com/utrace/utrace/tracehook"

const (
	wUntraced  = 2
	wContinued = 8
	// statusContinued is the wait status of a process that SIGCONT woke.
	statusContinued = 0xffff
)

// startStop begins a group-stop: every thread takes part on its way to user
// mode (do_signal_stop()).
func (p *process) startStop(n int) {
	p.stopSignal = n
	for _, t := range p.threads {
		if t.stopPending || t.state == jobStopped || t.phase == dying || t.state == zombie {
			continue
		}
		t.stopPending = true
		p.stopCount++
		t.wake()
		t.endListening()
	}
}

// joinStop is a thread's part in a group-stop.
func (t *thread) joinStop() {
	t.leaveStopCount()
	if t.task != nil {
		t.listened, t.trapNotify = false, false
		t.stop(tracehook.Event{Kind: tracehook.GroupStop, Signal: t.proc.stopSignal})
		return
	}
	t.w.park(t, jobStopped)
}

// leaveStopCount counts the thread as stopped; the last one tells the parent.
func (t *thread) leaveStopCount() {
	p := t.proc
	t.stopPending = false
	if p.stopCount == 0 {
		return
	}
	if p.stopCount--; p.stopCount == 0 {
		p.stopped = true
		p.tellParent(p.stopSignal<<8 | 0x7f)
	}
}

// cont is what SIGCONT does when it is sent.
func (p *process) cont() {
	for _, t := range p.threads {
		t.stopPending = false
		switch {
		case t.state == zombie:
		case t.task != nil:
			t.trapNotify = true // ptrace_trap_notify()
			t.wake()
			t.endListening()
		case t.state == jobStopped:
			t.w.makeRunnable(t)
		}
	}
	was := p.stopped
	p.stopped, p.stopCount, p.stopSignal = false, 0, 0
	if was {
		p.tellParent(statusContinued)
	}
}

// endListening lets a thread look at what has changed in its group-stop.
func (t *thread) endListening() {
	if t.state == listening {
		t.w.makeRunnable(t)
	}
}

// jobctlTrap reports that the tracer, or SIGCONT, wanted the thread to stop
// (do_jobctl_trap()).
func (t *thread) jobctlTrap() {
	listened := t.listened
	t.listened, t.trapNotify = false, false
	switch {
	case t.proc.inStop():
		t.stop(tracehook.Event{Kind: tracehook.GroupStop, Signal: t.proc.stopSignal})
	case listened:
		t.stop(tracehook.Event{Kind: tracehook.Continue})
	default:
		t.stop(tracehook.Event{Kind: tracehook.Quiesce})
	}
}

// tellParent lets the parent know of a stop or continue.
func (p *process) tellParent(status int) {
	p.unwaited = status
	info := outside(sigCHLD, cldCode(status))
	info.SetPID(p.id)
	p.parent.send(info)
	p.parent.wakeWaiters()
}

// cldCode is si_code of SIGCHLD (sigaction(2)).
func cldCode(status int) int {
	switch {
	case status == statusContinued:
		return 6 // CLD_CONTINUED
	case status&0xff == 0x7f:
		return 5 // CLD_STOPPED
	case status&0x7f != 0:
		return 2 // CLD_KILLED
	}
	return 1 // CLD_EXITED
}
