package strace

import (
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/strace/paths"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tool"
)

// flushDelay is how long text may wait before it is written. It bounds how
// late the unfinished line of a blocked call appears, and what is lost when
// the tracer is killed.
const flushDelay = 50 * time.Millisecond

// A Log turns what happens to traced threads into the output that the options
// ask for. All its methods may be called from several goroutines; events of
// one thread must come in their order.
type Log struct {
	env    *tool.Env
	called string // before messages
	opts   *Options
	format formatter
	zone   *time.Location // of times of day
	paths  *paths.Filter  // nil without -P
	// resolve describes descriptors; nil without -y.
	resolve decode.Resolver
	// names describes processes; nil without -Y.
	names   decode.Resolver
	outputs []output
	told    Live // nil: nobody is told
	// replayed: the threads are of a recording, and not there.
	replayed bool

	mu      sync.Mutex
	dec     *decode.Decoder
	summary Summary
	notices *sink // standard error
	relays  []*tool.Relay
	main    *channel // standard error with -ff
	live    int      // threads being traced
	traced  bool     // there ever was one
	command syscall.WaitStatus
	ended   bool    // command is how the launched program ended
	files   []*sink // those of single threads (-ff)
	unsaved []*sink // sinks that hold text
	timer   *time.Timer
	armed   bool
	closed  bool
	err     error
	failed  chan struct{}
}

// formatter writes events in one notation. Its methods are called with the
// log's lock held.
type formatter interface {
	attach(t *Tracee, at time.Time)
	entry(t *Tracee, at time.Time)
	exit(t *Tracee, at time.Time, cpu time.Duration, status StatusSet)
	signal(t *Tracee, sig int, info []byte, at time.Time)
	stop(t *Tracee, sig int, at time.Time)
	exec(leader, t *Tracee, at time.Time)
	death(t *Tracee, status syscall.WaitStatus, at time.Time)
	detach(t *Tracee, at time.Time)
}

// silent prints no events. Notices do not depend on the notation.
type silent struct{ *Log }

func (f silent) attach(t *Tracee, _ time.Time) {
	if !f.replayed { // a summary of what is over has no news
		f.attachedNotice(t)
	}
}
func (silent) entry(*Tracee, time.Time)                                 {}
func (silent) exit(*Tracee, time.Time, time.Duration, StatusSet)        {}
func (silent) signal(*Tracee, int, []byte, time.Time)                   {}
func (silent) stop(*Tracee, int, time.Time)                             {}
func (silent) exec(leader, t *Tracee, at time.Time)                     {}
func (silent) death(t *Tracee, status syscall.WaitStatus, at time.Time) {}
func (silent) detach(t *Tracee, at time.Time)                           {}

// A channel is a sink as the events see it: at most one call's line is open at
// a time.
type channel struct {
	*sink
	open   *Tracee // whose call was printed up to its entry
	column int     // where the open line ends
}

// Origin is how the tracer came to a thread.
type Origin int

// The origins.
const (
	Launched Origin = iota // the command
	Followed               // a child or new thread of a traced one
	Attached               // an argument of -p, or a thread of one
)

// A Tracee is what a [Log] knows of one thread.
type Tracee struct {
	TID, PID int
	Origin   Origin
	// Call is the system call that the thread is in or was in last. The
	// caller fills in the entry part before SyscallEntry and the result
	// before SyscallExit.
	Call decode.Call
	// Name is what the thread calls itself (comm); known with Outputs and -Y only.
	Name string
	// Fault is what fault injection does to the call.
	Fault Fault
	// IP is the instruction pointer, for -i; 0 is printed as unknown.
	IP uint64
	// Stack is where the call or the signal of the next event came from; nil
	// without -k. It is forgotten when it has been printed.
	Stack []Frame

	ch       *channel
	inCall   bool
	shown    bool // the call passed the filters
	complete bool // all arguments were printed at entry
	entered  time.Time
	took     time.Duration // from entry to exit
	line     []byte        // a line that waits for its status
	abi      *syscalls.ABI
}

// NewLog opens the outputs and returns a Log without threads. The error says
// which file could not be opened and why.
func NewLog(opts *Options) (*Log, error) { return newLog(tool.Here(), "strace", opts) }

// newLog makes a Log that goes by a name in its messages.
func newLog(env *tool.Env, name string, opts *Options) (*Log, error) {
	l := &Log{env: env, called: name, opts: opts, failed: make(chan struct{}), resolve: describeFDs(opts.DecodeFDs)}
	l.names = describePIDs(opts.DecodePIDs)
	return l, l.open()
}

// locate has the paths of options mean what they do where the command was called.
func (l *Log) locate() error {
	if !l.env.Shared() {
		return nil
	}
	dir, err := l.env.Getwd()
	if err != nil {
		return err
	}
	l.paths.Locate(dir)
	for _, rule := range l.opts.Faults.Rules {
		rule.Files.Locate(dir)
	}
	return nil
}

// open opens the outputs.
func (l *Log) open() error {
	opts := l.opts
	if l.zone = time.Local; opts.Timestamp.Precision != NoTime && !opts.Timestamp.Unix {
		l.zone = l.env.Zone()
	}
	l.dec = decode.New(l.decoding())
	l.paths = paths.New(opts.Paths, nil)
	if err := l.locate(); err != nil {
		return err
	}
	switch {
	case l.told != nil:
		l.format = liveForm{silent{l}, l.told}
	case opts.Summary.Only || opts.Output == "" && !opts.JSON && opts.Outputs.any():
		l.format = silent{l}
	case opts.JSON:
		l.format = &jsonLines{Log: l}
	default:
		l.format = &text{Log: l, colour: l.coloured()}
	}
	l.notices = l.stream("standard error", l.env.Stderr)
	l.main = &channel{sink: l.notices}
	if l.replayed {
		l.main.sink = l.stream("standard output", l.env.Stdout)
		l.main.limit = bufferSize
	}
	if opts.Output != "" && !opts.Separate {
		s, err := l.openOutput()
		if err != nil {
			return err
		}
		l.main.sink = s
	}
	if err := l.openOutputs(); err != nil {
		return err
	}
	if opts.Quiet&QuietPathResolution == 0 && l.paths != nil {
		for _, m := range l.paths.Resolved {
			l.notice(m)
		}
	}
	return nil
}

// decoding returns the options for a decoder.
func (l *Log) decoding() decode.Options {
	d := l.opts.Decoding(l.resolve)
	d.PID = l.names
	if l.env.Shared() {
		d.Zone = l.env.Zone()
	}
	if !l.replayed {
		d.Interface, d.Netlink, d.Pidfd = interfaceName, netlinkProtocol, pidfdProcess
		d.Process = newNamespaces(0).translate
		d.Anonymous, d.Boot = anonymousInode, bootTime()
		if l.opts.VCPUExits {
			d.VCPU = virtualProcessor
		}
	}
	return d
}

// Notice prints a message with strace's name before it to standard error.
func (l *Log) Notice(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notice(fmt.Sprintf(format, args...))
}

// notice prints a message under the Log's name.
func (l *Log) notice(message string) { l.message(l.called + ": " + message) }

// message prints a line to standard error. It interrupts the open line where
// both share an output.
func (l *Log) message(line string) {
	if l.main.sink == l.notices {
		l.interrupt(l.main)
	}
	l.notices.buf = append(append(l.notices.buf, line...), '\n')
	l.notices.flush()
}

// interrupt ends the open line of another thread's call.
func (l *Log) interrupt(ch *channel) {
	if ch.open == nil {
		return
	}
	ch.buf = append(ch.buf, " <unfinished ...>\n"...)
	ch.open = nil
	l.saved(ch)
}

// saved is called whenever text was added to a channel. It writes what a line
// or a full buffer is due, and sees to it that the rest follows in time.
func (l *Log) saved(ch *channel) {
	if ch.open == nil {
		ch.lineEnd()
	}
	if ch.err != nil {
		l.fail(ch.sink)
	}
	if len(ch.buf) == 0 || ch.dirty {
		return
	}
	ch.dirty = true
	l.unsaved = append(l.unsaved, ch.sink)
	if l.armed || l.closed {
		return
	}
	l.armed = true
	if l.timer == nil {
		l.timer = time.AfterFunc(flushDelay, l.flushLate)
	} else {
		l.timer.Reset(flushDelay)
	}
}

func (l *Log) flushLate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	if !l.closed {
		l.flush()
	}
}

func (l *Log) flush() {
	for _, s := range l.unsaved {
		s.flush()
		s.dirty = false
		if s.err != nil {
			l.fail(s)
		}
	}
	l.unsaved = l.unsaved[:0]
}

// fail remembers the first output that broke and says so once. The tracees
// are not touched: whether to go on without a trace is for the caller to
// decide.
func (l *Log) fail(s *sink) {
	if l.err != nil {
		return
	}
	l.err = fmt.Errorf("%s: %s", s.name, reason(s.err))
	close(l.failed)
	if s != l.notices {
		l.notice(l.err.Error())
	}
}

// behind reports whether the output is so far behind that a thread has to wait.
// It goes on by itself then.
func (l *Log) behind(e *utrace.Engine) bool {
	for _, r := range l.relays {
		if r.Behind(e) {
			return true
		}
	}
	return false
}

// Failed is closed when an output can no longer be written to.
func (l *Log) Failed() <-chan struct{} { return l.failed }

// Err returns why an output failed, nil if none did.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Flush writes everything that waits in memory.
func (l *Log) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

// Close prints the summary, writes what waits and closes the outputs; with an
// output command it waits for its end. It returns the first error of any
// output.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.err
	}
	l.interrupt(l.main)
	if l.opts.Summary.Enabled && l.main.err == nil {
		l.main.flush()
		l.main.sink.err = l.summary.Write(l.main.w, l.opts.Summary)
	}
	l.flush()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	for _, out := range l.outputs {
		l.outputFailed(out.fileName(), out.close())
	}
	for _, s := range append(l.files, l.main.sink, l.notices) {
		if s.finish() != nil {
			l.fail(s)
		}
	}
	return l.err
}
