// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The programs of the observer. Each is on a tracepoint, finds out whether the
// current thread is observed, and writes a record for user space. None waits.

#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "arch.h"
#include "record.h"
#include "plan.h"
#include "capture.h"
#include "filter.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// Set before loading.
const volatile u32 namespace = 0; // inode of the observer's PID namespace, 0 for the first
const volatile u32 by_cgroup = 0; // members of the cgroup are observed, too
const volatile u32 cgroup_interest = 0;
const volatile u32 owner = 0; // the observer's process

// Shared with the reader.
volatile u32 reader_sleeps = 0; // it wants to be woken up by the next record
u64 losses = 0;        // of all threads, so that it knows when to look
struct {
	u64 serial; // to be given to the thread
	u32 tid, interest;
	u64 found; // the serial that it has
	u64 start;
	u32 pid;
	u32 exiting;
} wanted = {}; // of the iterator

// A thread that is observed.
struct thread {
	u64 serial;
	u64 start;
	u64 lost_time;
	u64 entered, ip, sp, nr, args[6]; // of the call that it is in
	u64 off_since, off, off_at_entry; // not on a processor: since when, how long
	u64 used;                         // on a processor, in calls
	u32 lost;
	u32 tid, pid;
	u32 interest;
	u8 in_call;
	u8 newborn;     // has not returned from the clone that made it
	u8 in_vfork;    // waits for the child to release its memory
	u8 interrupted; // the last call is to be restarted
	u8 missed;      // of the entry's captures
	u8 compat;
	u8 exited;
	u8 died;
	s32 status, parent_signal, reap_status;
	u64 death_time, reap_time;
};

enum { NO_PARENT_SIGNAL = -1, LEADER_ZOMBIE = -2 };
enum { NO_CALL, CALL_REPORTED, CALL_UNWANTED, CALL_HELD };

// The key is the address of the task_struct: it is the thread's from its birth
// to the end, also when an exec changes its id.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, struct thread);
} threads SEC(".maps");

// What is reported once of a process, by its leader's key: its death and, with
// one added, the signal that kills it. And calls that have stopped a thread, by
// their index.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, u8);
} claims SEC(".maps");

// Threads whose end had no room in the ring, by serial. Nothing is forgotten
// until user space has taken it.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, struct thread);
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} cgroups SEC(".maps");

// tid_of is a thread's id in the observer's PID namespace, 0 if it has none.
static __always_inline u32 tid_of(struct task_struct *task)
{
	if (namespace == 0)
		return BPF_CORE_READ(task, pid);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	// From the thread's own namespace up: the observer's is seldom far.
	for (u32 up = 0; up < 8 && up <= level; up++) {
		struct upid *numbers = __builtin_preserve_access_index(&pid->numbers[0]);
		struct upid number;
		bpf_probe_read_kernel(&number, sizeof(number), numbers + (level - up));
		if (BPF_CORE_READ(number.ns, ns.inum) == namespace)
			return number.nr;
	}
	return 0;
}

static __always_inline u32 pid_of(struct task_struct *task)
{
	return tid_of(BPF_CORE_READ(task, group_leader));
}

static __always_inline void fill_at(struct header *h, const struct thread *t, u8 kind, u64 time)
{
	h->serial = t->serial;
	h->time = time;
	h->lost_time = t->lost_time;
	h->start = t->start;
	h->lost = t->lost;
	h->tid = t->tid;
	h->pid = t->pid;
	h->kind = kind;
	h->flags = 0;
	h->captures = 0;
}

static __always_inline void fill(struct header *h, const struct thread *t, u8 kind)
{
	fill_at(h, t, kind, bpf_ktime_get_ns());
}

// wake_up ends the sleep of the reader with a record that has no header.
static __always_inline void wake_up(void)
{
	if (!reader_sleeps)
		return;
	reader_sleeps = 0;
	u64 nothing = 0;
	bpf_ringbuf_output(&records, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}

// put hands a record over, or counts it as lost.
static __always_inline int put(struct thread *t, void *record, u64 size)
{
	u64 flags = BPF_RB_NO_WAKEUP;
	if (reader_sleeps) {
		reader_sleeps = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_output(&records, record, size, flags) == 0) {
		// It may have gone to sleep meanwhile, before it saw the record.
		if (flags == BPF_RB_NO_WAKEUP)
			wake_up();
		return 0;
	}
	t->lost_time = ((struct header *)record)->time;
	__sync_fetch_and_add(&losses, 1);
	return -1;
}

static __always_inline int put_or_lose(struct thread *t, void *record, u64 size)
{
	int err = put(t, record, size);
	if (err)
		__sync_fetch_and_add(&t->lost, 1);
	return err;
}

static __always_inline u64 key_of_current(void) { return bpf_get_current_task(); }

static __always_inline struct thread *adopt(u64 key, struct task_struct *task, u64 serial, u32 interest, u32 newborn)
{
	struct thread t = {};
	t.start = BPF_CORE_READ(task, start_boottime);
	t.tid = tid_of(task);
	t.pid = pid_of(task);
	t.interest = interest;
	t.newborn = newborn;
	// The id may be used again, and the clock may tick slowly, but not both.
	t.serial = serial ? serial : (t.start << 22 ^ t.tid) & ~(1ULL << 63);
	if (bpf_map_update_elem(&threads, &key, &t, BPF_NOEXIST))
		return 0;
	return bpf_map_lookup_elem(&threads, &key);
}

// current_thread is the record of the running thread, 0 if it is not observed.
static __always_inline struct thread *current_thread(void)
{
	u64 key = key_of_current();
	struct thread *t = bpf_map_lookup_elem(&threads, &key);
	if (!t && by_cgroup && bpf_current_task_under_cgroup(&cgroups, 0) == 1)
		t = adopt(key, (void *)key, 0, cgroup_interest, 0);
	return t;
}

// claim reports whether the key is claimed for the first time.
static __always_inline int claim(u64 key)
{
	u8 one = 1;
	return bpf_map_update_elem(&claims, &key, &one, BPF_NOEXIST) == 0;
}

#include "summon.h"

static __always_inline u64 size_of(struct scratch *s)
{
	u64 size = known(s->end);
	if (size > sizeof(((struct scratch *)0)->data))
		size = sizeof(((struct scratch *)0)->data);
	return size;
}

static __always_inline void copy_args(u64 *to, const u64 *from)
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
	to[4] = from[4];
	to[5] = from[5];
}

// put_entry reports the call that a thread has saved.
static __always_inline int put_entry(struct scratch *s, struct thread *t, const struct call_plan *plan, u32 index, u64 restarted)
{
	fill_at(&s->call.h, t, SYSCALL_ENTRY, t->entered);
	s->call.ip = t->ip;
	s->call.sp = t->sp;
	s->call.nr = t->nr;
	s->call.used = t->used;
	copy_args(s->call.args, t->args);
	copy_args(s->args, t->args);
	s->args[6] = 0;
	s->args[7] = t->sp;
	s->captures = s->missed = 0;
	s->end = __builtin_offsetof(struct call_record, result);
	capture(s, plan, index, 0, WHEN_SUCCESS, 0);
	s->call.h.flags = (t->compat ? COMPAT : 0) | (restarted ? RESTARTED : 0) | (s->missed ? MISSED : 0);
	s->call.h.captures = s->captures;
	t->missed = s->missed;
	return put_or_lose(t, s->data, size_of(s));
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long nr)
{
	struct thread *t = current_thread();
	if (!t)
		return 0;
	t->newborn = 0;
	t->in_call = NO_CALL;
	if (!(t->interest & WANT_SYSCALLS))
		return 0;
	u32 compat = is_compat((void *)bpf_get_current_task());
	u32 index = call_index(compat, nr);
	struct call_plan *plan = bpf_map_lookup_elem(&calls, &index);
	if (!plan)
		return 0;
	t->in_call = CALL_UNWANTED;
	if (!plan->wanted)
		return 0;
	u64 restarted = t->interrupted && t->ip == REGS_IP(regs);
	t->interrupted = 0;
	t->compat = compat;
	t->entered = bpf_ktime_get_ns();
	t->off_at_entry = t->off;
	t->ip = REGS_IP(regs);
	t->sp = REGS_SP(regs);
	t->nr = nr;
	call_of(regs, compat, t->args);
	struct scratch *s = scratch();
	if (!s)
		return 0;
	if (plan->conditions) {
		copy_args(s->args, t->args);
		if (!holds(index))
			return 0;
	}
	if (plan->held) {
		t->in_call = CALL_HELD;
		return 0;
	}
	if (put_entry(s, t, plan, index, restarted) == 0)
		t->in_call = CALL_REPORTED;
	else
		t->in_call = NO_CALL;
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct thread *t = current_thread();
	if (!t)
		return 0;
	if (t->newborn) { // it returns from the clone that its parent has made
		t->newborn = 0;
		return 0;
	}
	if (t->in_vfork) {
		t->in_vfork = 0;
		if (t->interest & WANT_VFORK_DONE) {
			struct header h;
			fill(&h, t, VFORK_DONE);
			put_or_lose(t, &h, sizeof(h));
		}
	}
	u8 state = t->in_call;
	t->in_call = NO_CALL;
	if (!(t->interest & WANT_SYSCALLS) || state == CALL_UNWANTED)
		return 0;
	struct scratch *s = scratch();
	if (!s)
		return 0;
	u32 compat = t->compat;
	u64 call = t->nr;
	if (state == NO_CALL) {
		compat = is_compat((void *)bpf_get_current_task());
		call = REGS_NR(regs);
		call_of(regs, compat, t->args);
	}
	u32 index = call_index(compat, call);
	struct call_plan *plan = bpf_map_lookup_elem(&calls, &index);
	if (!plan || !plan->wanted)
		return 0;
	if (compat)
		result = (int)result; // as syscall_get_error() does
	u8 when = result < 0 && result >= -4095 ? WHEN_FAILURE : WHEN_SUCCESS;
	t->interrupted = result <= -512 && result >= -516;
	if (!(plan->on & when))
		return 0;
	if (state == CALL_HELD && put_entry(s, t, plan, index, 0) == 0)
		state = CALL_REPORTED;

	fill(&s->call.h, t, SYSCALL_EXIT);
	if (state == CALL_REPORTED)
		t->used += s->call.h.time - t->entered - (t->off - t->off_at_entry);
	s->call.used = t->used;
	if (state == CALL_REPORTED && t->ip == REGS_IP(regs) && t->sp == REGS_SP(regs)) {
		s->call.h.kind = SYSCALL_RETURN;
		s->back.result = result;
		s->end = sizeof(s->back);
	} else {
		s->call.ip = REGS_IP(regs);
		s->call.sp = REGS_SP(regs);
		s->call.nr = call;
		s->call.result = result;
		copy_args(s->call.args, t->args);
		s->end = sizeof(s->call);
	}
	copy_args(s->args, t->args);
	s->args[6] = when == WHEN_SUCCESS ? result : 0;
	s->args[7] = REGS_SP(regs);
	s->captures = s->missed = 0;
	capture(s, plan, index, 1, when, 0);
	u8 flags = (compat ? COMPAT : 0) | (state == CALL_REPORTED ? PAIRED : 0);
	if (state == CALL_REPORTED && t->missed) {
		// What was not in memory at entry is now, if the kernel has
		// looked at it.
		capture(s, plan, index, 0, WHEN_SUCCESS, CAPTURE_LATE);
		flags |= LATE;
	}
	if (s->missed)
		flags |= MISSED;
	if (plan->stop_at && state == CALL_REPORTED && chosen(index, plan))
		flags |= CHOSEN | (summon(t, s->call.h.time) ? SUMMONED : 0);
	s->call.h.flags = flags;
	s->call.h.captures = s->captures;
	put_or_lose(t, s->data, size_of(s));
	return 0;
}

// Only attached where the processor time of calls is asked for.
SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u64 key = (u64)prev, now = bpf_ktime_get_ns();
	struct thread *t = bpf_map_lookup_elem(&threads, &key);
	if (t)
		t->off_since = now;
	key = (u64)next;
	t = bpf_map_lookup_elem(&threads, &key);
	if (t && t->off_since) {
		t->off += now - t->off_since;
		t->off_since = 0;
	}
	return 0;
}

#include "signals.h"
#include "ends.h"

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *child, u64 clone_flags)
{
	// A program is left out when it would interrupt itself, so that the end
	// of the thread that had this address before may have gone unnoticed.
	u64 key = (u64)child;
	struct thread *old = bpf_map_lookup_elem(&threads, &key);
	if (old)
		reap(key, old);
	struct thread *t = current_thread();
	if (!t || !(t->interest & WANT_CLONES))
		return 0;
	// Workers of the kernel are threads of the process that never run it.
	if (BPF_CORE_READ(child, flags) & (PF_IO_WORKER | PF_USER_WORKER | PF_KTHREAD))
		return 0;
	struct thread *c = adopt((u64)child, child, 0, t->interest, 1);
	struct clone_record r = {};
	fill(&r.h, t, CLONE);
	if (c) {
		r.serial = c->serial;
		r.start = c->start;
	} else {
		__sync_fetch_and_add(&t->lost, 1);
		__sync_fetch_and_add(&losses, 1);
	}
	r.flags = clone_flags;
	r.tid = tid_of(child);
	r.pid = pid_of(child);
	if (clone_flags & 0x4000) // CLONE_VFORK
		t->in_vfork = 1;
	put_or_lose(t, &r, sizeof(r));
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task)
{
	struct thread *t = current_thread();
	if (!t)
		return 0;
	struct exec_record r = {};
	r.former = t->tid;
	t->tid = tid_of(task); // the leader's, whoever it was
	t->start = BPF_CORE_READ(task, start_boottime);
	fill(&r.h, t, EXEC);
	put_or_lose(t, &r, sizeof(r));
	return 0;
}

// Observes the thread with the wanted id, if it is still there, or changes the
// interest in the one with the wanted serial.
SEC("iter/task")
int observe(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (!task || wanted.found)
		return 0;
	if (wanted.tid && tid_of(task) != wanted.tid)
		return 0;
	u64 key = (u64)task;
	struct thread *t = bpf_map_lookup_elem(&threads, &key);
	if (!wanted.tid && (!t || t->serial != wanted.serial))
		return 0;
	if (t && (wanted.interest & FORGET)) {
		wanted.found = t->serial;
		bpf_map_delete_elem(&threads, &key);
		return 0;
	}
	if (!t)
		t = adopt(key, task, wanted.serial, wanted.interest, 0);
	if (!t)
		return 0;
	t->interest = wanted.interest;
	wanted.found = t->serial;
	wanted.start = t->start;
	wanted.pid = t->pid;
	// If it is on its way out, its end was perhaps before it was observed.
	wanted.exiting = (BPF_CORE_READ(task, flags) & PF_EXITING) != 0;
	if (wanted.exiting && wanted.found == wanted.serial && wanted.tid)
		bpf_map_delete_elem(&threads, &key);
	return 0;
}
