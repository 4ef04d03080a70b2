package coredump

import (
	"context"
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
	// Snapshot has Dump fork the process, and write what the fork has while the
	// process goes on; see the package's comment. Write ignores it.
	Snapshot bool
	// All has everything written that can be read, whatever the process's
	// coredump_filter and MADV_DONTDUMP (madvise(2)) say.
	All bool
}

// Result is what a dump was.
type Result struct {
	Threads int
	// Size is that of the core, with its holes.
	Size int64
	// Stopped is how long the process stood still: at the longest, with a
	// snapshot, for which it does so twice.
	Stopped time.Duration
	// Unreadable is how many bytes could not be read, and are zero in the core.
	Unreadable uint64
	// Zombie is the id of a snapshot that has ended, but could not be waited for:
	// it stays a zombie until its parent, the process, ends. 0 is usual.
	Zombie int
}

// Dump stops a process, writes its core, and lets it go on. If w is an
// io.WriteSeeker zeros are skipped. The error is utrace.ErrGone if there is no
// such process or it died meanwhile, one about permission, or w's. With
// Options.Snapshot it is utrace.ErrNotSupported, or the errno of clone(2), if the
// process cannot be forked.
func Dump(ctx context.Context, core *utrace.Core, pid int, w io.Writer, options Options) (r Result, err error) {
	j := newJob(pid, w, options)
	if options.Snapshot {
		r, err = j.fromSnapshot(ctx, core)
	} else {
		r, err = j.stopped(ctx, core)
	}
	return r, j.explain(err)
}

// Write writes the core of a process through engines that hold its threads.
func Write(ctx context.Context, pid int, engines []*utrace.Engine, w io.Writer, options Options) (Result, error) {
	begin := time.Now()
	j := newJob(pid, w, options)
	r, err := j.write(ctx, engines, prepare(ctx, 0), func() {})
	r.Stopped = time.Since(begin)
	return r, j.explain(err)
}

// job is a core that is to be written. What takes long to find out, and can be
// before the process is stopped, it knows already.
type job struct {
	pid int
	// living is a thread of the process that has its memory.
	living  int
	w       io.Writer
	options Options
	special map[uint64]traits
	filter  uint64
}

func newJob(pid int, w io.Writer, options Options) *job {
	living := procfs.Living(pid)
	j := &job{pid: pid, living: living, w: w, options: options, special: readTraits(living), filter: everything}
	var err error
	if !options.All {
		if j.filter, err = procfs.CoredumpFilter(living); err != nil {
			j.filter = usualFilter // it is dead, or the kernel writes no cores
		}
	}
	return j
}

func (j *job) explain(err error) error {
	if err != nil {
		return fmt.Errorf("core of process %d: %w", j.pid, err)
	}
	return nil
}

// stopped writes what the process has while it stands still.
func (j *job) stopped(ctx context.Context, core *utrace.Core) (r Result, err error) {
	a := prepare(ctx, j.expected())
	begin := time.Now()
	p, err := stop(ctx, core, j.living)
	if err != nil {
		a.release()
		return r, err
	}
	stopped := time.Duration(0)
	r, err = j.write(ctx, p.engines, a, func() {
		p.group.Detach()
		stopped = time.Since(begin)
	})
	r.Stopped = stopped
	return r, err
}

// write looks at a process and writes its core. read is called when the process is
// not needed any more.
func (j *job) write(ctx context.Context, engines []*utrace.Engine, a *ahead, read func()) (Result, error) {
	defer a.release()
	d, err := j.look(ctx, engines)
	if err != nil {
		read()
		return Result{}, err
	}
	return d.write(a, read)
}

// expected is how much memory there is to read, as far as that is known before the
// process is stopped, and a little more.
func (j *job) expected() (size uint64) {
	_ = procfs.Maps(j.living, func(m procfs.Mapping) bool { // who has no maps has no memory
		x := j.special[m.Start]
		size += min(max(x.resident, page), dumped(&m, x, j.filter))
		return true
	})
	return size + size/16 + chunk
}

// look reads all but the memory of a process that stands still.
func (j *job) look(ctx context.Context, engines []*utrace.Engine) (*dump, error) {
	threads, err := readThreads(ctx, engines)
	if err != nil {
		return nil, err
	}
	memory, err := open(ctx, engines)
	if err != nil {
		return nil, err
	}
	first := j.options.Thread
	if first == 0 {
		first = j.pid
	}
	slices.SortStableFunc(threads, func(a, b *thread) int {
		if (a.id == first) != (b.id == first) {
			return map[bool]int{true: -1, false: 1}[a.id == first]
		}
		return a.id - b.id
	})
	d := &dump{ctx: ctx, memory: memory, threads: threads, abi: threads[0].abi, word: threads[0].abi.WordSize(), out: newOutput(j.w)}
	err = procfs.Maps(j.living, func(m procfs.Mapping) bool {
		d.mappings = append(d.mappings, m)
		d.sizes = append(d.sizes, d.header(&m, dumped(&m, j.special[m.Start], j.filter)))
		return true
	})
	if err != nil {
		memory.close()
		return nil, err
	}
	d.notes = notes(j.pid, j.living, threads, d.mappings, j.options.Signal)
	return d, nil
}

// readThreads reads the registers of all threads, in one go.
func readThreads(ctx context.Context, engines []*utrace.Engine) (threads []*thread, err error) {
	if len(engines) == 0 {
		return nil, utrace.ErrGone
	}
	err = engines[0].Thread().Core().Do(ctx, func() error {
		for _, e := range engines {
			r, err := e.Held()
			if err != nil {
				continue // it was killed
			}
			t, err := readThread(e.Thread().ID(), r.ABI(), r)
			if err == nil {
				t.usable = usable(e.Thread())
				threads = append(threads, t)
			}
		}
		return nil
	})
	if err == nil && len(threads) == 0 {
		err = utrace.ErrGone
	}
	return threads, err
}

// open opens the memory of a process through any of its threads.
func open(ctx context.Context, engines []*utrace.Engine) (memory *held, err error) {
	for _, e := range engines {
		if memory, err = examine(ctx, e); err == nil {
			return memory, nil
		}
	}
	return nil, utrace.ErrGone
}
