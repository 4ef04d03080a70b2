package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// DefaultCopy is how much of a stack is copied if nothing else is said. Few are
// deeper, and it takes some ten microseconds.
const DefaultCopy = 256 << 10

// Options adjusts Take. The zero value is good for most.
type Options struct {
	// Copy is how many bytes of each stack are copied. What lies deeper is read
	// while the thread runs. 0 means DefaultCopy.
	Copy int
}

// Thread is a thread as it was when it was stopped.
type Thread struct {
	ID int
	// Name is what the thread calls itself (PR_SET_NAME of prctl(2)).
	Name string
	// Snapshot is what was copied.
	Snapshot unwind.Snapshot
	// Stopped is how long the thread was kept from running, at most: from the
	// request to stop until it was let go.
	Stopped time.Duration
	// Err says why there is no snapshot: a thread that sleeps in the kernel and
	// cannot be interrupted cannot be stopped.
	Err error
}

// Process is the result of Take.
type Process struct {
	PID     int
	Threads []Thread // in the order of their ids
	Space   *symbol.Space

	memory   *procfs.Mem
	unwinder *unwind.Unwinder
}

// How long a thread may take to stop: one that was asleep in an uninterruptible
// sleep before, and is still; one that falls into such a sleep; and others, which
// wait for a processor.
const (
	uninterested = 20 * time.Millisecond
	patience     = time.Second
	longest      = 10 * time.Second
)

// Take copies the stacks of all threads of a process. The error is about the
// process; threads that have ended meanwhile are left out.
func Take(ctx context.Context, core *utrace.Core, pid int, options Options) (*Process, error) {
	if options.Copy <= 0 {
		options.Copy = DefaultCopy
	}
	p := &Process{PID: pid}
	living := procfs.Living(pid)
	var err error
	if p.memory, err = procfs.OpenMem(living); err != nil {
		return nil, fmt.Errorf("stacks of process %d: %w", pid, refusal(ctx, core, living, err))
	}
	t := &taker{core: core, buffer: make([]byte, options.Copy)}
	clear(t.buffer) // so that no thread has to wait for the pages
	if err := t.takeAll(ctx, p, living); err != nil {
		p.Close()
		return nil, fmt.Errorf("stacks of process %d: %w", pid, err)
	}
	// The files are looked at afterwards: a library that was loaded meanwhile
	// may be in a stack.
	if p.Space, err = symbol.Load(living, nil); err != nil {
		p.Close()
		return nil, fmt.Errorf("stacks of process %d: %w", pid, err)
	}
	p.unwinder = unwind.New(p.Space)
	return p, nil
}

// refusal says why the memory of a process cannot be opened, err. Who may not attach
// may not do that either, and is told which rule that is.
func refusal(ctx context.Context, core *utrace.Core, pid int, err error) error {
	e, refused := core.Attach(ctx, pid, &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if refused != nil {
		return refused
	}
	e.Detach()
	return err
}

// Frames walks the stack of a thread: limit frames at most, 0 means
// unwind.DefaultFrames.
func (p *Process) Frames(t *Thread, limit int) []unwind.Frame {
	if t.Err != nil {
		return nil
	}
	return p.unwinder.Unwind(&t.Snapshot, limit)
}

// Longest is the longest time that any thread was stopped for.
func (p *Process) Longest() (d time.Duration) {
	for i := range p.Threads {
		d = max(d, p.Threads[i].Stopped)
	}
	return d
}

// Median is how long half of the threads were stopped for, or less.
func (p *Process) Median() time.Duration {
	var list []time.Duration
	for i := range p.Threads {
		list = append(list, p.Threads[i].Stopped)
	}
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// Close closes the files of the process.
func (p *Process) Close() error {
	var err error
	if p.Space != nil {
		err = p.Space.Close()
	}
	return errors.Join(p.memory.Close(), err)
}

// rest reads what was not copied.
type rest struct{ memory *procfs.Mem }

func (r rest) ReadMemory(addr uint64, p []byte) (int, error) { return r.memory.Read(addr, p) }

// taker copies one thread after the other into the same buffer.
type taker struct {
	core   *utrace.Core
	buffer []byte
	gpr    [512]byte
	// stacks are the ends of all mappings, by their beginnings.
	mappings []procfs.Mapping
}

// takeAll takes all threads, also those that are born meanwhile.
func (t *taker) takeAll(ctx context.Context, p *Process, living int) error {
	err := procfs.Maps(living, func(m procfs.Mapping) bool {
		t.mappings = append(t.mappings, m)
		return true
	})
	if err != nil {
		return err
	}
	seen := make(map[int]bool)
	for {
		ids, err := procfs.Threads(p.PID)
		if err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, func(id int) bool { return seen[id] })
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			seen[id] = true
			x, err := t.take(ctx, id)
			if errors.Is(err, utrace.ErrGone) {
				continue
			}
			if errors.Is(err, utrace.ErrNotPermitted) || ctx.Err() != nil {
				return err
			}
			x.Err = err
			x.Snapshot.Rest = rest{p.memory}
			p.Threads = append(p.Threads, x)
		}
	}
	if len(p.Threads) == 0 {
		return utrace.ErrGone
	}
	slices.SortFunc(p.Threads, func(a, b Thread) int { return a.ID - b.ID })
	return nil
}

// take takes one thread.
func (t *taker) take(ctx context.Context, id int) (x Thread, err error) {
	x.ID = id
	stat, _ := procfs.ReadStat(id)
	if stat.State == 'Z' { // the first one, if it has ended before the others
		return x, utrace.ErrGone
	}
	x.Name = stat.Name
	limit := patience
	if stat.State == 'D' {
		limit = uninterested
	}
	done := make(chan error, 2)
	var copied int
	e, err := t.core.Attach(ctx, id, &utrace.Funcs{Quiesce: func(r *utrace.Report, _ utrace.Events) utrace.Action {
		var err error
		copied, err = t.copy(r, &x.Snapshot)
		done <- err
		return utrace.Detach
	}}, utrace.WithName("stack"), utrace.WithEvents(utrace.EventQuiesce), utrace.WithRelease(func() { done <- utrace.ErrGone }))
	if err != nil {
		return x, err
	}
	begin := time.Now()
	switch err := e.Control(ctx, utrace.Stop); {
	case err == nil: // somebody else holds it, and there will be no report
		done <- t.core.Do(ctx, func() error {
			r, err := e.Held()
			if err == nil {
				copied, err = t.copy(r, &x.Snapshot)
			}
			return err
		})
	case errors.Is(err, utrace.ErrGone): // it has died, or has reported already
	case !errors.Is(err, utrace.ErrInProgress):
		e.Detach()
		return x, err
	}
	err = x.await(ctx, done, begin, limit)
	e.Detach()
	if ctx.Err() == nil {
		e.Barrier(ctx) // from here on the buffer is ours
	}
	x.Snapshot.Registers = slices.Clone(x.Snapshot.Registers)
	x.Snapshot.Stack = slices.Clone(t.buffer[:copied])
	return x, err
}

// await waits until the thread has been stopped and copied, and returns what came
// of that.
func (x *Thread) await(ctx context.Context, done <-chan error, begin time.Time, limit time.Duration) error {
	look, end := time.NewTimer(limit), time.After(longest)
	defer look.Stop()
	for {
		select {
		case err := <-done:
			x.Stopped = time.Since(begin)
			return err
		case <-look.C:
			if stat, err := procfs.ReadStat(x.ID); err != nil || stat.State != 'D' {
				look.Reset(patience)
				continue
			}
			return fmt.Errorf("thread %d does not stop: it sleeps in the kernel and cannot be interrupted", x.ID)
		case <-end:
			return fmt.Errorf("thread %d does not stop within %v", x.ID, longest)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// copy copies a thread that is stopped. On the loop.
func (t *taker) copy(r *utrace.Report, s *unwind.Snapshot) (int, error) {
	s.ABI = r.ABI()
	n, err := r.ReadRegset(regset.NotePRStatus, t.gpr[:])
	if err != nil {
		return 0, err
	}
	s.Registers = t.gpr[:n]
	s.Base = s.SP()
	size := min(t.above(s.Base), uint64(len(t.buffer)))
	if n, err = r.ReadMemory(s.Base, t.buffer[:size]); errors.Is(err, utrace.ErrGone) {
		return 0, err
	}
	return n, nil // what is not there, the walk will find missing
}

// above is how much of the mapping that an address is in lies behind it. The
// stack of a thread that was born just now is in no list: a page of it will do.
func (t *taker) above(addr uint64) uint64 {
	i, _ := slices.BinarySearchFunc(t.mappings, addr, func(m procfs.Mapping, addr uint64) int {
		if m.End <= addr {
			return -1
		}
		return 1
	})
	if i < len(t.mappings) && addr >= t.mappings[i].Start {
		return t.mappings[i].End - addr
	}
	return 4096 - addr%4096
}
