package sim

// process is a simulated thread group.
type process struct {
	w        *World
	id       int
	parent   *process
	children []*process
	leader   *thread
	threads  []*thread // dead ones too, until they are released
	live     int       // threads that are not dead
	mm       *memory
	output   *output
	picked   []uint64 // system calls that its filter picks

	actions [65]action
	pending queue
	handled [65]int

	// The end.
	exiting bool // exit_group, or a fatal signal
	status  int  // wait status of the process
	execing *thread
	zombie  bool // the parent can wait for it

	// Job control.
	stopSignal int // of the group-stop in effect, 0 for none
	stopCount  int // threads that have yet to take part
	stopped    bool
	unwaited   int // wait status of a stop or continue not yet waited for
}

// action is what a process does about a signal (struct sigaction).
type action struct {
	handler, flags uint64
}

// output is what a process and its descendants have written, and what they
// have been given to read.
type output struct {
	text  []byte
	input int
}

// fork makes the process of a child.
func (p *process) fork(share bool) *process {
	c := &process{w: p.w, parent: p, output: p.output, picked: p.picked, actions: p.actions, mm: p.mm}
	if !share {
		c.mm = p.mm.fork()
	}
	p.children = append(p.children, c)
	return c
}

// inStop reports whether a group-stop is in effect or on its way.
func (p *process) inStop() bool { return p.stopped || p.stopCount > 0 }

// wakeWaiters wakes the threads that sleep in wait4.
func (p *process) wakeWaiters() {
	for _, t := range p.threads {
		if t.state == sleeping && t.regs[origRax] == nrWait4 {
			t.wake()
		}
	}
}

// Output is what the tree of processes that Spawn began has written so far.
// It stays after the process has gone.
func (w *World) Output(pid int) string {
	defer w.enter()()
	if o := w.outputs[pid]; o != nil {
		return string(o.text)
	}
	return ""
}

// Input gives the tree of processes that Spawn began n bytes to read: each
// lets one barrier pass.
func (w *World) Input(pid, n int) {
	defer w.enter()()
	o := w.outputs[pid]
	if o == nil {
		return
	}
	o.input += n
	for _, id := range w.ids() {
		if t := w.threads[id]; t.proc.output == o {
			t.wake()
		}
	}
}
