package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/launch"
)

// Asker asks the client of a command that runs here to do something (package
// api, Ask), and waits for the answer. The descriptors that go with it and that
// come with the answer are the caller's.
type Asker interface {
	Ask(ctx context.Context, do string, params any, fds ...int) (result json.RawMessage, answer []int, err error)
}

// Remote is the System of a command that runs in this process for a client.
type Remote struct {
	client Asker
	// lease makes a core for the command.
	lease func() *utrace.Core

	// telling is held while the client is told of signals, and before mu.
	telling sync.Mutex
	// mu guards what follows. It is not held while the client is asked.
	mu        sync.Mutex
	listeners map[chan<- os.Signal][]os.Signal
	ignored   []os.Signal // from the beginning
	ignore    []os.Signal // by wish
}

var _ System = (*Remote)(nil)

// NewRemote makes the System of a command. lease makes its cores; ignored are the
// signals that the client ignores.
func NewRemote(client Asker, lease func() *utrace.Core, ignored []int) *Remote {
	r := &Remote{client: client, lease: lease, listeners: map[chan<- os.Signal][]os.Signal{}}
	for _, n := range ignored {
		r.ignored = append(r.ignored, syscall.Signal(n))
	}
	return r
}

// Env is the environment of a command that a process was called as name for, with
// its streams. gone is closed with the process.
func (r *Remote) Env(name string, pid int, streams [3]*os.File, gone <-chan struct{}) *Env {
	j := newJob(pid)
	return &Env{System: r, Name: name, PID: pid, Stdin: streams[0], Stdout: newStream(streams[1], j, gone), Stderr: newStream(streams[2], j, gone)}
}

// ask asks for what has no descriptor. result may be nil.
func (r *Remote) ask(ctx context.Context, do string, params, result any, send ...int) error {
	text, fds, err := r.client.Ask(ctx, do, params, send...)
	closeAll(fds)
	if err == nil && result != nil {
		err = json.Unmarshal(text, result)
	}
	return err
}

// askFile asks for a file.
func (r *Remote) askFile(do string, params any, name string, result any) (*os.File, error) {
	text, fds, err := r.client.Ask(context.Background(), do, params)
	if err == nil && result != nil {
		err = json.Unmarshal(text, result)
	}
	if err == nil && len(fds) != 1 {
		err = fmt.Errorf("%s: no descriptor came: %w", name, syscall.EPROTO)
	}
	if err != nil {
		closeAll(fds)
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), name), nil
}

// Shared implements System.
func (*Remote) Shared() bool { return true }

// Environ implements System.
func (r *Remote) Environ() (list []string, err error) {
	return list, r.ask(context.Background(), api.DoEnviron, nil, &list)
}

// Getwd implements System.
func (r *Remote) Getwd() (string, error) {
	var dir api.File
	err := r.ask(context.Background(), api.DoGetwd, nil, &dir)
	return dir.Name, err
}

// LookPath implements System.
func (r *Remote) LookPath(name string) (string, error) {
	var found api.File
	err := r.ask(context.Background(), api.DoLook, api.File{Name: name}, &found)
	return found.Name, err
}

// OpenFile implements System.
func (r *Remote) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return r.askFile(api.DoOpen, api.File{Name: name, Flag: flag, Perm: uint32(perm.Perm())}, name, nil)
}

// Rename implements System.
func (r *Remote) Rename(from, to string) error {
	return r.ask(context.Background(), api.DoRename, api.File{Name: from, To: to}, nil)
}

// Remove implements System.
func (r *Remote) Remove(name string) error {
	return r.ask(context.Background(), api.DoRemove, api.File{Name: name}, nil)
}

// Run implements System.
func (r *Remote) Run(ctx context.Context, command string, environ []string) error {
	return r.ask(ctx, api.DoRun, api.Shell{Command: command, Environ: environ}, nil)
}

// Pipe implements System.
func (r *Remote) Pipe(command string) (io.WriteCloser, error) {
	var child api.Child
	w, err := r.askFile(api.DoPipe, api.Shell{Command: command}, command, &child)
	if err != nil {
		return nil, err
	}
	return &remotePipe{w, r, child}, nil
}

type remotePipe struct {
	*os.File
	remote *Remote
	child  api.Child
}

// Close closes the pipe and waits for the command.
func (p *remotePipe) Close() error {
	return errors.Join(p.File.Close(), p.remote.ask(context.Background(), api.DoPiped, p.child, nil))
}

// Core implements System. What is planted, the owner's keeper knows.
func (r *Remote) Core(o CoreOptions) (*utrace.Core, func() error, error) {
	if o.Usage {
		return nil, nil, fmt.Errorf("the system time of threads is not measured for a core that is shared; use --private: %w", syscall.ENOTSUP)
	}
	if o.ExitKill {
		return nil, nil, fmt.Errorf("threads of a core that is shared do not die with one who shares it; use --private: %w", syscall.ENOTSUP)
	}
	core := r.lease()
	return core, sync.OnceValue(core.Close), nil
}

// Start implements System. The client forks the program and holds it; so it has
// the client's limits, terminal and parent.
func (r *Remote) Start(ctx context.Context, core *utrace.Core, cmd *launch.Command, attach func(pid int) error) (Process, error) {
	fds, err := duplicates(cmd.Files)
	defer closeAll(fds)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &remoteProcess{remote: r}
	if err := r.ask(ctx, api.DoStart, launchOf(cmd), &p.child, fds...); err != nil {
		return nil, err
	}
	err = attach(p.child.PID)
	if err == nil {
		err = r.ask(ctx, api.DoRelease, p.child, nil)
	}
	if err != nil {
		return nil, errors.Join(err, r.ask(context.WithoutCancel(ctx), api.DoAbandon, p.child, nil))
	}
	return p, nil
}

// remoteProcess is a child of the client.
type remoteProcess struct {
	remote *Remote
	child  api.Child
}

func (p *remoteProcess) PID() int    { return p.child.PID }
func (p *remoteProcess) Untraced()   {} // the client waits for it by itself
func (p *remoteProcess) Kill() error { return p.Signal(syscall.SIGKILL) }
func (p *remoteProcess) Signal(sig syscall.Signal) error {
	c := p.child
	c.Signal = int(sig)
	err := p.remote.ask(context.Background(), api.DoKill, c, nil)
	if errors.Is(err, syscall.ESRCH) {
		return launch.ErrEnded
	}
	return err
}

func (p *remoteProcess) Wait(ctx context.Context) (launch.Status, error) {
	var c api.Child
	err := p.remote.ask(ctx, api.DoWait, p.child, &c)
	return launch.Status{WaitStatus: syscall.WaitStatus(c.Status)}, err
}

// Notify implements System.
func (r *Remote) Notify(c chan<- os.Signal, list ...os.Signal) {
	r.tellSignals(func() { r.listeners[c] = append(r.listeners[c], list...) })
}

// Forget implements System.
func (r *Remote) Forget(c chan<- os.Signal) {
	r.tellSignals(func() { delete(r.listeners, c) })
}

// Ignore implements System.
func (r *Remote) Ignore(list ...os.Signal) {
	r.tellSignals(func() { r.ignore = append(r.ignore, list...) })
}

// Ignored implements System.
func (r *Remote) Ignored(sig os.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.ignored, sig) || slices.Contains(r.ignore, sig)
}

// tellSignals tells the client which signals are wanted after a change. What is told
// last is the last change, but while the client answers Deliver must not have to wait:
// its answer is behind the signal that it has passed on.
func (r *Remote) tellSignals(change func()) {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.mu.Lock()
	change()
	var s api.Signals
	for _, list := range r.listeners {
		s.Catch = append(s.Catch, numbers(list)...)
	}
	s.Ignore = numbers(r.ignore)
	r.mu.Unlock()
	_ = r.ask(context.Background(), api.DoSignals, s, nil) // fails with the connection only
}

// Deliver hands a signal of the client's on, as os/signal would.
func (r *Remote) Deliver(sig syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, list := range r.listeners {
		if slices.Contains(list, os.Signal(sig)) {
			select {
			case c <- sig:
			default:
			}
		}
	}
}

func numbers(list []os.Signal) (n []int) {
	for _, s := range list {
		n = append(n, int(s.(syscall.Signal)))
	}
	return n
}
