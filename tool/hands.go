package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/launch"
)

// Hands do in a client's process what its command in the owner asks for.
type Hands struct {
	// owner is who may trace what is started here.
	owner   int
	signals chan os.Signal

	// terminal is ours, and guarded by mu.
	terminal Terminal

	// listening is for one change of what is listened for at a time, and guards
	// caught.
	listening sync.Mutex
	caught    []os.Signal

	// mu guards the rest.
	mu        sync.Mutex
	last      int
	processes map[int]*launch.Process
	pipes     map[int]*pipe
	listeners map[int]net.Listener
}

// NewHands makes hands for a command in the process owner. The signals that it
// wants to know of come from Signals.
func NewHands(owner int) *Hands {
	return &Hands{
		owner: owner, signals: make(chan os.Signal, 16),
		processes: map[int]*launch.Process{}, pipes: map[int]*pipe{}, listeners: map[int]net.Listener{},
	}
}

// Signals are the signals for the command.
func (h *Hands) Signals() <-chan os.Signal { return h.signals }

// Ignored lists the signals that this process ignores.
func Ignored() (list []int) {
	for n := syscall.Signal(1); n <= 31; n++ {
		if signal.Ignored(n) {
			list = append(list, int(n))
		}
	}
	return list
}

// Do does something, with files that the owner has sent, which stay the caller's. The
// file that is returned goes to the owner; it is to be closed then. Errors are in the
// answer.
func (h *Hands) Do(ctx context.Context, ask *api.Ask, files ...*os.File) (told api.Told, file *os.File) {
	told = api.Told{Command: ask.Command, Ask: ask.Ask}
	result, file, err := h.do(ctx, ask, files)
	if err == nil && result != nil {
		told.Result, err = json.Marshal(result)
	}
	if err != nil {
		told.Failure = failureOf(err)
	}
	return told, file
}

// do decodes the parameters, for whatever there is to be done.
func (h *Hands) do(ctx context.Context, ask *api.Ask, files []*os.File) (result any, file *os.File, err error) {
	want := func(params any) bool {
		err = json.Unmarshal(ask.Params, params)
		return err == nil
	}
	var f api.File
	var s api.Shell
	var c api.Child
	switch ask.Do {
	case api.DoEnviron:
		return os.Environ(), nil, nil
	case api.DoGetwd:
		f.Name, err = os.Getwd()
		return f, nil, err
	case api.DoLook, api.DoOpen, api.DoRename, api.DoRemove:
		if want(&f) {
			return h.file(ask.Do, &f)
		}
	case api.DoRun:
		if want(&s) {
			err = here{}.Run(ctx, s.Command, s.Environ)
		}
	case api.DoPipe:
		if want(&s) {
			return h.pipe(s.Command)
		}
	case api.DoStart:
		var l api.Launch
		if want(&l) {
			result, err = h.start(&l, files)
		}
	case api.DoListen:
		var a api.Address
		if want(&a) {
			return h.listenAt(a.Network, a.Address)
		}
	case api.DoShut:
		if want(&c) {
			return nil, nil, h.shut(c.Child)
		}
	case api.DoPiped, api.DoRelease, api.DoAbandon, api.DoKill, api.DoWait:
		if want(&c) {
			result, err = h.child(ctx, ask.Do, &c)
		}
	case api.DoSignals:
		var list api.Signals
		if want(&list) {
			h.listen(&list)
		}
	default:
		err = fmt.Errorf("the owner asks for %q, which this program does not know: is it another version? %w", ask.Do, syscall.ENOSYS)
	}
	return result, nil, err
}

func (h *Hands) file(do string, f *api.File) (any, *os.File, error) {
	switch do {
	case api.DoLook:
		path, err := launch.LookPath(f.Name)
		return api.File{Name: path}, nil, err
	case api.DoOpen:
		// Blocking is for who reads or writes; here it would only cost a thread.
		file, err := os.OpenFile(f.Name, f.Flag, fs.FileMode(f.Perm))
		return nil, file, err
	case api.DoRename:
		return nil, nil, os.Rename(f.Name, f.To)
	}
	return nil, nil, os.Remove(f.Name)
}

func (h *Hands) pipe(command string) (any, *os.File, error) {
	p, err := startPipe(command)
	if err != nil {
		return nil, nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	h.pipes[h.last] = p
	return api.Child{Child: h.last, PID: p.cmd.Process.Pid}, p.File, nil
}

// start forks a program and holds it. The owner may trace it, where that would
// take an ancestor (prctl(2), PR_SET_PTRACER).
func (h *Hands) start(l *api.Launch, files []*os.File) (any, error) {
	cmd := commandOf(l)
	cmd.Files = files
	cmd.Tracer = h.owner
	h.mu.Lock()
	defer h.mu.Unlock()
	cmd.Foreground = cmd.Foreground && h.terminal.Take()
	p, err := launch.Start(cmd)
	if err != nil {
		return nil, err
	}
	h.last++
	h.processes[h.last] = p
	return api.Child{Child: h.last, PID: p.PID()}, nil
}

// child does something about a child.
func (h *Hands) child(ctx context.Context, do string, c *api.Child) (any, error) {
	h.mu.Lock()
	p, piped := h.processes[c.Child], h.pipes[c.Child]
	h.mu.Unlock()
	switch {
	case do == api.DoPiped && piped != nil:
		return nil, piped.wait()
	case do == api.DoPiped || p == nil:
		return nil, fmt.Errorf("child %d: %w", c.Child, syscall.ECHILD)
	}
	switch do {
	case api.DoRelease:
		if err := p.Release(); err != nil {
			return nil, err
		}
		return nil, p.ExecError()
	case api.DoKill:
		return nil, p.Signal(syscall.Signal(c.Signal))
	case api.DoAbandon:
		return nil, p.Abandon(ctx)
	}
	status, err := p.Wait(ctx)
	return api.Child{Child: c.Child, Status: int(status.WaitStatus)}, err
}

// close ends what would last longer than the command.
func (h *Hands) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for number, l := range h.listeners {
		_ = l.Close()
		delete(h.listeners, number)
	}
	h.terminal.GiveBack()
}

// left returns a program that was started and has not ended yet, if there is one:
// its end is this process's, whatever becomes of the owner.
func (h *Hands) left() *launch.Process {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.processes {
		return p
	}
	return nil
}

// listen has signals come to Signals, or ignored. The others have their default
// action.
func (h *Hands) listen(s *api.Signals) {
	h.listening.Lock()
	defer h.listening.Unlock()
	catch, ignore := signalsOf(s.Catch), signalsOf(s.Ignore)
	if len(catch) != 0 { // of none, all would be
		signal.Notify(h.signals, catch...)
	}
	if len(ignore) != 0 {
		signal.Ignore(ignore...)
	}
	// What stays is never without its handler.
	for _, sig := range h.caught {
		if !slices.Contains(catch, sig) && !slices.Contains(ignore, sig) {
			signal.Reset(sig)
		}
	}
	h.caught = catch
}

func signalsOf(numbers []int) (list []os.Signal) {
	for _, n := range numbers {
		list = append(list, syscall.Signal(n))
	}
	return list
}

// launchOf and commandOf translate what is to be started.
func launchOf(cmd *launch.Command) *api.Launch {
	l := &api.Launch{
		Path: cmd.Path, Args: cmd.Args, Environ: cmd.Env, Dir: cmd.Dir,
		SetPgid: cmd.SetPgid, Foreground: cmd.Foreground, NoRandomize: cmd.NoRandomize,
	}
	if u := cmd.User; u != nil {
		l.User = &api.User{UID: u.UID, GID: u.GID, Groups: u.Groups}
	}
	for _, f := range cmd.Filter {
		l.Filter = append(l.Filter, [4]uint32{uint32(f.Code), uint32(f.Jt), uint32(f.Jf), f.K})
	}
	return l
}

func commandOf(l *api.Launch) *launch.Command {
	cmd := &launch.Command{
		Path: l.Path, Args: l.Args, Env: l.Environ, Dir: l.Dir,
		SetPgid: l.SetPgid, Foreground: l.Foreground, NoRandomize: l.NoRandomize,
	}
	if u := l.User; u != nil {
		cmd.User = &launch.User{UID: u.UID, GID: u.GID, Groups: u.Groups}
	}
	for _, f := range l.Filter {
		cmd.Filter = append(cmd.Filter, launch.Instruction{Code: uint16(f[0]), Jt: uint8(f[1]), Jf: uint8(f[2]), K: f[3]})
	}
	return cmd
}
