package coredump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// Options adjusts a dump. The zero value is good for a process that lives.
type Options struct {
	// Thread is put first: where debuggers begin to look. 0 means the leader.
	Thread int
	// Signal is what the process dies of, if it does.
	Signal *utrace.Siginfo
}

// Result is what a dump was.
type Result struct {
	Threads int
	// Size is that of the core, with its holes.
	Size int64
	// Stopped is how long the process stood still.
	Stopped time.Duration
	// Unreadable is how many bytes could not be read, and are zero in the core.
	Unreadable uint64
}

// patience bounds the wait for threads to stop. One that sleeps in the kernel
// and cannot be interrupted is left out of the core.
const patience = 2 * time.Second

// Dump stops a process, writes its core, and lets it go on. If w is an
// io.WriteSeeker zeros are skipped. The error is utrace.ErrGone if there is no
// such process or it died meanwhile, one about permission, or w's.
func Dump(ctx context.Context, core *utrace.Core, pid int, w io.Writer, options Options) (r Result, err error) {
	special := readTraits(pid)
	nothing := &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}}
	group, err := core.AttachGroup(ctx, pid, utrace.Process, func(*utrace.Thread) any { return nothing }, utrace.WithName("core"))
	if err != nil {
		return r, fmt.Errorf("core of process %d: %w", pid, err)
	}
	defer group.Detach()
	begin := time.Now()
	if err := group.Control(ctx, utrace.Stop); err != nil && !errors.Is(err, utrace.ErrInProgress) {
		return r, fmt.Errorf("core of process %d: %w", pid, err)
	}
	stopped := stop(ctx, group)
	r, err = write(ctx, pid, stopped, w, special, options)
	group.Detach()
	r.Stopped = time.Since(begin)
	if err != nil {
		return r, fmt.Errorf("core of process %d: %w", pid, err)
	}
	return r, nil
}

// Write writes the core of a process through engines that hold its threads.
func Write(ctx context.Context, pid int, engines []*utrace.Engine, w io.Writer, options Options) (Result, error) {
	begin := time.Now()
	r, err := write(ctx, pid, engines, w, readTraits(pid), options)
	r.Stopped = time.Since(begin)
	if err != nil {
		return r, fmt.Errorf("core of process %d: %w", pid, err)
	}
	return r, nil
}

// stop waits until all threads are stopped, also those that are made
// meanwhile, and returns their engines.
func stop(ctx context.Context, group *utrace.Group) (stopped []*utrace.Engine) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seen := make(map[*utrace.Engine]bool)
	for again := true; again; {
		again = false
		for _, e := range group.Engines() {
			if seen[e] {
				continue
			}
			seen[e], again = true, true
			e.Control(ctx, utrace.Stop)
			if e.WaitStopped(ctx) == nil {
				stopped = append(stopped, e)
			}
		}
	}
	return stopped
}

// write writes the core.
func write(ctx context.Context, pid int, engines []*utrace.Engine, w io.Writer, special map[uint64]traits, options Options) (r Result, err error) {
	threads, memory, err := look(ctx, engines)
	if err != nil {
		return r, err
	}
	defer memory.Close()
	first := options.Thread
	if first == 0 {
		first = pid
	}
	slices.SortStableFunc(threads, func(a, b *thread) int {
		if (a.id == first) != (b.id == first) {
			return map[bool]int{true: -1, false: 1}[a.id == first]
		}
		return a.id - b.id
	})
	d := &dump{memory: memory, abi: threads[0].abi, word: threads[0].abi.WordSize(), out: newOutput(w)}
	filter := readFilter(pid)
	err = procfs.Maps(pid, func(m procfs.Mapping) bool {
		if m.Path != "[vsyscall]" { // which is no memory of the process
			d.mappings = append(d.mappings, m)
			d.sizes = append(d.sizes, d.header(&m, dumped(&m, special[m.Start], filter)))
		}
		return true
	})
	if err != nil {
		return r, err
	}
	d.notes = notes(pid, threads, d.mappings, options.Signal)
	err = d.write()
	return Result{Threads: len(threads), Size: d.out.size, Unreadable: d.unreadable}, err
}

// look reads the registers of all threads, in one go, and opens the memory.
func look(ctx context.Context, engines []*utrace.Engine) (threads []*thread, memory *utrace.Examination, err error) {
	if len(engines) == 0 {
		return nil, nil, utrace.ErrGone
	}
	err = engines[0].Thread().Core().Do(ctx, func() error {
		for _, e := range engines {
			r, err := e.Held()
			if err != nil {
				continue // it was killed
			}
			t, err := readThread(e.Thread().ID(), r.ABI(), r)
			if err == nil {
				threads = append(threads, t)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, e := range engines {
		if memory, err = e.Examine(ctx); err == nil && len(threads) != 0 {
			return threads, memory, nil
		}
	}
	return nil, nil, utrace.ErrGone
}
