package coredump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// snapshot is a fork of the process, which never runs: the process's memory as it
// was at one moment.
//
// No signal tells the process of the end of this child, and wait(2) does not show
// it without __WALL or __WCLONE. It shares the table of open files, so that what
// the process closes is closed.
type snapshot struct {
	core   *utrace.Core
	pid    int // of the process
	child  *utrace.Engine
	died   chan struct{}
	memory *held
	kept   []piece
}

// piece is memory that is not to be taken from the snapshot.
type piece struct {
	addr uint64
	data []byte
}

// cloneFiles is CLONE_FILES of clone(2).
const cloneFiles = 0x400

// fromSnapshot writes while the process goes on.
func (j *job) fromSnapshot(ctx context.Context, core *utrace.Core) (r Result, err error) {
	if err := forkable(j.special); err != nil {
		return r, err
	}
	if j.living != j.pid { // who makes the fork, and waits for it
		return r, errors.New("no snapshot: the first thread of the process has ended; without --snapshot a core can be written")
	}
	site, err := findSite(j.pid)
	if err != nil {
		return r, fmt.Errorf("no snapshot: %w", err)
	}
	var stopped time.Duration
	for range tries {
		s := &snapshot{core: core, pid: j.pid}
		var d *dump
		begin := time.Now()
		d, err = s.begin(ctx, j, site)
		stopped = max(stopped, time.Since(begin))
		if err == nil {
			a := prepare(ctx, 0)
			r, err = d.write(a, func() {})
			a.release()
		}
		stopped = max(stopped, s.end(&r))
		if !errors.Is(err, utrace.ErrAgain) {
			break
		}
	}
	r.Stopped = stopped
	return r, err
}

// begin stops the process for as long as it takes to make the snapshot.
func (s *snapshot) begin(ctx context.Context, j *job, site *site) (*dump, error) {
	p, err := stop(ctx, s.core, s.pid)
	if err != nil {
		return nil, err
	}
	defer p.group.Detach()
	d, err := j.look(ctx, p.engines)
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, p, d, j.special, site); err != nil {
		return nil, err
	}
	d.memory = s
	return d, nil
}

// forkable says why a process should not be forked, as far as its memory tells.
func forkable(special map[uint64]traits) error {
	for _, x := range special {
		if x.watched {
			// The fork could wait for a thread of the process that stands still
			// (UFFD_FEATURE_EVENT_FORK in ioctl_userfaultfd(2)).
			return fmt.Errorf("no snapshot: the process has memory with userfaultfd: %w", utrace.ErrNotSupported)
		}
	}
	return nil
}

// take makes the snapshot of a process that stands still.
func (s *snapshot) take(ctx context.Context, p *pause, d *dump, special map[uint64]traits, site *site) error {
	if err := errors.Join(s.keep(d, special), d.memory.close()); err != nil {
		return err
	}
	x, err := s.borrow(ctx, p, d.threads, site)
	if err != nil {
		return fmt.Errorf("no snapshot: %w", err)
	}
	_, err = x.call(ctx, site.clone, cloneFiles, site.childSP(x))
	err = errors.Join(err, x.end())
	s.child, s.died = x.child, x.died
	s.kept = append(s.kept, piece{x.room, x.memory})
	if err == nil && s.child == nil {
		err = utrace.ErrGone
	}
	if err != nil {
		return fmt.Errorf("no snapshot: fork in thread %d: %w", x.engine.Thread().ID(), err)
	}
	if s.memory, err = examine(ctx, s.child); err != nil {
		return err
	}
	// If memory becomes scarce, let it be this process that is killed. It is not
	// important enough to fail.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", s.child.Thread().ID()), []byte("1000"), 0)
	return nil
}

// keepAtMost bounds what is copied because a fork would not have it.
const keepAtMost = 64 << 20

// keep copies what a fork does not have (MADV_DONTFORK and MADV_WIPEONFORK in
// madvise(2)).
func (s *snapshot) keep(d *dump, special map[uint64]traits) error {
	total := uint64(0)
	for i := range d.mappings {
		m := &d.mappings[i]
		if !special[m.Start].unforked || d.sizes[i] == 0 {
			continue
		}
		if total += d.sizes[i]; total > keepAtMost {
			return fmt.Errorf("no snapshot: the process has more than %d MiB that no child gets (madvise(2)): %w",
				keepAtMost>>20, utrace.ErrNotSupported)
		}
		data := make([]byte, d.sizes[i])
		if err := d.read(m, m.Start, data); err != nil {
			return err
		}
		s.kept = append(s.kept, piece{m.Start, data})
	}
	return nil
}

// borrow chooses a thread to make the call, and prepares it. Best is one that is
// in a system call: where it goes on nothing depends on not having been left,
// such as a restartable sequence (rseq(2)).
func (s *snapshot) borrow(ctx context.Context, p *pause, threads []*thread, site *site) (*caller, error) {
	best, rank, sp := (*utrace.Engine)(nil), -1, uint64(0)
	for _, t := range threads {
		i := slices.IndexFunc(p.engines, func(e *utrace.Engine) bool { return e.Thread().ID() == t.id })
		if t.id == s.pid {
			sp = t.abi.SP(t.sets[0].content)
		}
		n := 0
		if t.inCall() {
			n += 2
		}
		if t.id == s.pid {
			n++
		}
		if i >= 0 && n > rank && t.usable && t.abi.Name() == site.abi {
			best, rank = p.engines[i], n
		}
	}
	if best == nil {
		return nil, utrace.ErrAgain
	}
	if err := allowed(best.Thread().ID()); err != nil {
		return nil, err
	}
	x, err := newCaller(ctx, s.core, best.Thread().ID(), site)
	if err != nil {
		return nil, err
	}
	err = x.engine.Control(ctx, utrace.Stop)
	if err == nil {
		err = best.Control(ctx, utrace.Resume) // from now on only x holds it
	}
	if err == nil {
		err = x.begin(ctx, sp, false)
	}
	if err != nil {
		x.engine.Detach()
		return nil, err
	}
	return x, nil
}

// inCall reports whether the thread is in a system call.
func (t *thread) inCall() bool {
	none := ^uint64(0) >> (64 - 8*t.abi.WordSize())
	return t.abi.SyscallNumber(t.sets[0].content) != none
}

// allowed says why a thread must not be told to make calls. A seccomp filter can
// kill for one; with CAP_SYS_ADMIN filters are suspended, unless we are under one.
func allowed(tid int) error {
	if procfs.ForksElsewhere(tid) {
		return fmt.Errorf("the process's children belong to another PID namespace, which would end with the snapshot: %w", utrace.ErrNotSupported)
	}
	target, err := procfs.ReadStatus(tid)
	if err != nil {
		return err
	}
	if target.Seccomp == 0 {
		return nil
	}
	const capSysAdmin = 1 << 21
	own, err := procfs.ReadStatus(os.Getpid())
	if err == nil && own.Effective&capSysAdmin != 0 && own.Seccomp == 0 {
		return nil
	}
	return fmt.Errorf("the process has a seccomp filter, which may kill it for forking; only root can suspend that: %w", syscall.EPERM)
}

// read implements memory: it is what the process had.
func (s *snapshot) read(m *procfs.Mapping, addr uint64, p []byte) (int, error) {
	for _, k := range s.kept {
		if addr >= k.addr && addr+uint64(len(p)) <= k.addr+uint64(len(k.data)) {
			return copy(p, k.data[addr-k.addr:]), nil
		}
	}
	n, err := s.memory.read(m, addr, p)
	for _, k := range s.kept {
		if from, to := max(addr, k.addr), min(addr+uint64(n), k.addr+uint64(len(k.data))); from < to {
			copy(p[from-addr:to-addr], k.data[from-k.addr:])
		}
	}
	return n, err
}

// absent implements memory. The fork has no pages where there are pieces.
func (s *snapshot) absent(addr, size uint64) uint64 {
	n := s.memory.absent(addr, size)
	for _, k := range s.kept {
		if k.addr < addr+n && addr < k.addr+uint64(len(k.data)) {
			n = max(k.addr, addr) - addr
		}
	}
	return n
}

func (s *snapshot) close() error { return s.memory.close() }

// end kills the snapshot and has the process wait for it. It returns for how long
// that took the process.
func (s *snapshot) end(r *Result) (stopped time.Duration) {
	if s.child == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id := s.child.Thread().ID()
	_ = syscall.Kill(id, syscall.SIGKILL) // traced, so its number is not another's
	select {
	case <-s.died:
	case <-ctx.Done():
	}
	// A process that has ended has left it to somebody who waits.
	for _, alone := range []bool{true, false} {
		stat, err := procfs.ReadStat(id)
		if err != nil || stat.Parent != s.pid {
			return stopped
		}
		begin := time.Now()
		_ = s.reap(ctx, id, alone) // the next look tells
		stopped = max(stopped, time.Since(begin))
	}
	if stat, err := procfs.ReadStat(id); err == nil && stat.Parent == s.pid {
		r.Zombie = id
	}
	return stopped
}

// Flags of wait4(2).
const (
	waitAll    = 0x40000000 // __WALL
	waitNoHang = 1
)

// reap has the process wait for its child: by its first thread alone, or by
// another one while all stand still.
func (s *snapshot) reap(ctx context.Context, child int, alone bool) error {
	site, err := findSite(s.pid)
	if err != nil {
		return err
	}
	if child, err = seenBy(s.pid, child); err != nil {
		return err
	}
	var x *caller
	if alone {
		x, err = s.leader(ctx, site)
	} else {
		var p *pause
		if p, err = stop(ctx, s.core, s.pid); err != nil {
			return err
		}
		defer p.group.Detach()
		var threads []*thread
		if threads, err = readThreads(ctx, p.engines); err == nil {
			x, err = s.borrow(ctx, p, threads, site)
		}
	}
	if err != nil {
		return err
	}
	_, err = x.call(ctx, site.wait4, uint64(child), 0, waitAll|waitNoHang, 0)
	return errors.Join(err, x.end())
}

// seenBy is the id that a process knows its child by (pid_namespaces(7)).
func seenBy(pid, child int) (int, error) {
	own, err := procfs.ReadStatus(pid)
	if err != nil {
		return 0, err
	}
	status, err := procfs.ReadStatus(child)
	if err != nil {
		return 0, err
	}
	n := len(own.Namespace) // 0: there are no namespaces
	switch {
	case n == 0:
		return child, nil
	case n > len(status.Namespace):
		return 0, utrace.ErrGone
	}
	return status.Namespace[n-1], nil
}

// leader prepares the process's first thread.
func (s *snapshot) leader(ctx context.Context, site *site) (*caller, error) {
	if err := allowed(s.pid); err != nil {
		return nil, err
	}
	x, err := newCaller(ctx, s.core, s.pid, site)
	if err != nil {
		return nil, err
	}
	if err = x.engine.Control(ctx, utrace.Stop); err == nil || errors.Is(err, utrace.ErrInProgress) {
		err = awaitStop(ctx, x.engine)
	}
	if err == nil {
		err = x.begin(ctx, 0, true)
	}
	if err != nil {
		x.engine.Detach()
		return nil, err
	}
	return x, nil
}
