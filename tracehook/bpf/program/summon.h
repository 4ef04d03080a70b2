// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A thread that ptrace(2) traces is stopped by a signal to it that means nothing to
// programs. It stops as the call returns, before anything else of the program runs,
// and its tracer, who is told by user space whose signal that is, takes the signal
// away.
#pragma once

// How many calls there were that could be the one to stop for.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABIS *CALLS_PER_ABI);
	__type(key, u32);
	__type(value, u64);
} hits SEC(".maps");

// The signals that threads were sent, by thread id, until user space takes them.
struct summons {
	u64 time;
	u32 signal;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1536); // one for each call at most
	__type(key, u32);
	__type(value, struct summons);
} summoned SEC(".maps");

// usable reports whether a signal reaches the thread at once, and is not taken
// for one that is there already (legacy_queue() in kernel/signal.c).
static __always_inline int usable(struct task_struct *task, u32 sig)
{
	u64 mask = 1ULL << (sig - 1);
	return !((BPF_CORE_READ(task, blocked.sig[0]) | BPF_CORE_READ(task, pending.signal.sig[0])) & mask);
}

// chosen reports whether this call is the one. Of several that end at the same
// time one is.
static __always_inline int chosen(u32 index, const struct call_plan *plan)
{
	u64 *n = bpf_map_lookup_elem(&hits, &index);
	if (!n)
		return 0;
	__sync_fetch_and_add(n, 1);
	return *n >= plan->stop_at && claim(index);
}

// summon sends the signal, if the observer's own process traces the thread.
static __always_inline int summon(struct thread *t, u64 time)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *tracer = BPF_CORE_READ(task, parent);
	if (!BPF_CORE_READ(task, ptrace) || pid_of(tracer) != owner)
		return 0;
	struct summons s = { .time = time };
	if (usable(task, SIGWINCH))
		s.signal = SIGWINCH;
	else if (usable(task, SIGURG))
		s.signal = SIGURG;
	else
		return 0;
	u32 tid = t->tid;
	bpf_map_update_elem(&summoned, &tid, &s, BPF_ANY);
	if (bpf_send_signal_thread(s.signal) == 0)
		return 1;
	bpf_map_delete_elem(&summoned, &tid);
	return 0;
}
